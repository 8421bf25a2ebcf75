/** What the target is held to: penalties that are added to the loss. Averages after training are in `held-average.ts`. */
import { UserError } from '../errors.ts';
import type { Network, NetworkOutputs, Parameter } from '../network.ts';
import type { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import type { ExampleSource } from '../train/data.ts';
import type { LossName } from '../train/objective.ts';
import { channelAttention } from './held-attention.ts';
import { defaultTaps, featurePenalty } from './held-features.ts';
import { outputPenalty } from './held-outputs.ts';
import { prepareSourceHead } from './held-task.ts';
import type { Held } from './plan.ts';

/** One batch, and what was computed of it. */
export interface HeldBatch {
  /** The parameters that move now. */
  readonly parameters: readonly Parameter[];
  /** What the network saw, [N, ...]. */
  readonly inputs: tf.Tensor;
  /** [N], or [N T] for the next-token loss; 0 for padding. */
  readonly weights: tf.Tensor1D;
  /** Of the network in training. `taps` is empty where its trunk does not move. */
  readonly tuned: Pick<NetworkOutputs, 'taps' | 'logits'>;
}

/** A penalty, to be called where the loss is computed. */
export interface Penalty {
  /** Layers of the network whose outputs `value` reads. */
  readonly taps: readonly string[];
  /** A scalar that is added to the loss, or undefined when nothing is held. */
  value(batch: HeldBatch): tf.Scalar | undefined;
  dispose(): void;
}

export interface HeldTask {
  /** As it starts, before the first step. */
  readonly network: Network;
  /** Those of its parameters that have the source's values: they are copied. */
  readonly carried: readonly Parameter[];
  /** The pre-trained network: see `needsSource`. It is frozen. */
  readonly source?: Network | undefined;
  /** True: the network's head is the source's. */
  readonly keepsHead: boolean;
  /** What supervised attention is measured on. */
  readonly train: ExampleSource;
  /** Default `softmax`. */
  readonly loss?: LossName | undefined;
  readonly random: Random;
  /** Stops that measurement. */
  readonly signal?: AbortSignal | undefined;
}

/** Whether the source network takes part in training. */
export function needsSource(held: Held): boolean {
  return held.to === 'features' || held.to === 'outputs' || held.to === 'task';
}

/**
 * Prepares a plan's penalty. It follows from the start of the run alone, so that a resumed run has the same.
 * @throws UserError when the source is missing or does not fit the network.
 */
export async function prepareHeld(held: Held, task: HeldTask): Promise<Penalty> {
  switch (held.to) {
    case 'nothing':
    case 'average':
      return NO_PENALTY;
    case 'task':
      prepareSourceHead(requireSource(task), task.network);
      return NO_PENALTY;
    case 'start':
      return startPenalty(held, task.carried);
    case 'features': {
      const source = requireSource(task);
      const taps = held.taps ?? defaultTaps(source, task.network);
      const attention =
        held.attention === 'supervised'
          ? await channelAttention({ ...task, source, taps, classes: task.network.classes })
          : undefined;
      return featurePenalty({ ...held, taps, source, network: task.network, carried: task.carried, attention });
    }
    case 'outputs':
      return outputPenalty({ ...held, source: requireSource(task), network: task.network, keepsHead: task.keepsHead });
    default:
      return held satisfies never;
  }
}

const NO_PENALTY: Penalty = { taps: [], value: () => undefined, dispose: () => {} };

/** The source, frozen, so that a compiled step takes its weights as constants. */
function requireSource({ source, network }: HeldTask): Network {
  if (source === undefined)
    throw new UserError(
      'The plan holds the network to its source, and there is no source network.',
      'Give the pre-trained network as `source`, or take a plan that is held to nothing or to its start.',
    );
  if (source === network) throw new UserError('The source must be another network than the one that is trained.');
  for (const { variable } of source.parameters.values()) variable.trainable = false;
  return source;
}

/** alpha/2 |w - w0|^2 over carried weights and beta/2 |w|^2 over new ones. */
function startPenalty({ alpha, beta }: { alpha: number; beta: number }, carried: readonly Parameter[]): Penalty {
  // Variables that are never assigned are constants to a compiled step.
  const start = new Map(carried.map(({ name, variable }) => [name, tf.variable(variable, false)]));
  return {
    taps: [],
    value({ parameters }) {
      const terms: tf.Scalar[] = [];
      for (const { name, role, variable } of parameters) {
        // As with weight decay, biases and normalisations are free.
        if (role !== 'weight') continue;
        const origin = start.get(name);
        const [distance, strength] = origin ? [tf.sub(variable, origin), alpha] : [variable, beta];
        if (strength > 0) terms.push(tf.mul(tf.sum(tf.square(distance)), strength / 2) as tf.Scalar);
      }
      return terms.length === 0 ? undefined : tf.addN(terms);
    },
    dispose() {
      for (const variable of start.values()) variable.dispose();
      start.clear();
    },
  };
}
