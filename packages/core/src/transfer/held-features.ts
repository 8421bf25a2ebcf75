/**
 * Held to the source's feature maps: DELTA, Li et al. 2019, arXiv:1901.09229, equations 3 to 6. The penalty is
 *
 *   strength/2 sum over layers and channels of W_c |map_c(tuned, x) - map_c(source, x)|^2  +  beta/2 |w_new|^2
 *
 * where the channels' weights W_c are on average 1, |.|^2 is the mean over a map's positions, and all is the mean over the
 * batch's examples: so a strength means the same at every resolution, width and batch size.
 */
import { suggestNames, UserError } from '../errors.ts';
import { weightedMean } from '../losses.ts';
import type { Network, Parameter } from '../network.ts';
import { tf } from '../tensorflow.ts';
import { tapShapes } from './added/tap-shapes.ts';
import type { HeldBatch, Penalty } from './held.ts';

/**
 * Four layers spread evenly over the depth, the last among them, as the paper takes the ends of ResNet's four stages. Fewer
 * where a network has fewer.
 */
export function defaultTaps(source: Network, network: Network): string[] {
  const taps = source.taps.filter((tap) => network.taps.includes(tap));
  const chosen = [1, 2, 3, 4].map((quarter) => taps[Math.ceil((quarter * taps.length) / 4) - 1]!);
  return [...new Set(chosen)];
}

export interface FeaturePenaltyOptions {
  readonly strength: number;
  readonly beta: number;
  readonly taps: readonly string[];
  readonly source: Network;
  readonly network: Network;
  /** The network's parameters that have the source's values; the others are new. */
  readonly carried: readonly Parameter[];
  /** W of each channel by layer; undefined: 1. */
  readonly attention: ReadonlyMap<string, Float32Array> | undefined;
}

/** @throws UserError when a layer is missing in one of the networks or its maps differ in shape. */
export function featurePenalty(options: FeaturePenaltyOptions): Penalty {
  const { strength, beta, source, network, carried } = options;
  const taps = [...new Set(options.taps)];
  requireSameMaps(source, network, taps);
  const old = new Set(carried.map(({ name }) => name));
  // Variables that are never assigned are constants to a compiled step.
  const attention = new Map(
    [...(options.attention ?? [])].map(([tap, weights]) => [
      tap,
      tf.tidy(() => tf.variable(tf.tensor1d(weights), false)),
    ]),
  );

  const distance = (map: tf.Tensor, origin: tf.Tensor, weights: tf.Tensor1D, tap: string): tf.Scalar => {
    // A row for each weight: for each example, or for each place of a sequence.
    const channels = averaged(tf.square(tf.sub(map, origin)), weights.shape[0]);
    const attended = attention.has(tap) ? tf.mul(channels, attention.get(tap)!) : channels;
    return weightedMean(tf.sum(attended, 1) as tf.Tensor1D, weights);
  };
  return {
    taps,
    value({ parameters, inputs, weights, tuned }: HeldBatch) {
      const terms: tf.Scalar[] = [];
      const moving = taps.filter((tap) => tuned.taps[tap] !== undefined);
      if (strength > 0 && moving.length > 0) {
        const origins = source.tap(inputs, moving);
        for (const tap of moving)
          terms.push(tf.mul(distance(tuned.taps[tap]!, origins[tap]!, weights, tap), strength / 2));
      }
      if (beta > 0)
        for (const { name, role, variable } of parameters)
          if (role === 'weight' && !old.has(name))
            terms.push(tf.mul(tf.sum(tf.square(variable)), beta / 2) as tf.Scalar);
      return terms.length === 0 ? undefined : tf.addN(terms);
    },
    dispose() {
      for (const variable of attention.values()) variable.dispose();
      attention.clear();
    },
  };
}

/** A map [N, ..., C] averaged over its positions: [N, C]; or over those of each of so many rows of the whole: [rows, C]. */
export function averaged(map: tf.Tensor, rows = map.shape[0]!): tf.Tensor2D {
  return tf.mean(tf.reshape(map, [rows, -1, map.shape.at(-1)!]), 1);
}

function requireSameMaps(source: Network, network: Network, taps: readonly string[]): void {
  for (const tap of taps)
    for (const { name, taps: names } of [source, network])
      if (!names.includes(tap))
        throw new UserError(`${name} has no layer '${tap}' to be held at.`, suggestNames(tap, names));
  const [from, to] = [source, network].map((each) => tapShapes(each, taps));
  for (const tap of taps)
    if (from![tap]!.join() !== to![tap]!.join())
      throw new UserError(
        `The source's map at '${tap}' is [${from![tap]!.join(', ')}], and the network's [${to![tap]!.join(', ')}].`,
        'Hold a network to the source that it was made from, at one input size.',
      );
}
