/** Which layer's features tell the classes apart best: a cross-validated linear probe at each depth. */
import type { Network } from '../network.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { probeAccuracy } from './probe.ts';

export interface DepthPoint {
  readonly layer: string;
  /** Cross-validated accuracy of a linear probe on this layer's features, in [0, 1]. */
  readonly accuracy: number;
  /** Over folds. */
  readonly standardError: number;
}

/** The last layer of each layer group below the head: where the curve is measured. */
export function depthTaps(network: Network): string[] {
  // A layer without parameters, such as a pooling, belongs to the group of the layer below it.
  let current: string | undefined;
  const groups = network.taps.map((tap) => (current = groupOf(network, tap) ?? current));
  return network.taps.filter((_, i) => groups[i] !== groups[i + 1]);
}

/** A layer's parameters are called after it; its name may have dots itself, as `layer1.0`. */
function groupOf({ layerGroups }: Network, tap: string): string | undefined {
  return layerGroups.find(({ parameters }) => parameters.some((name) => name.startsWith(`${tap}.`)))?.name;
}

/** Penalties that the probes choose from. */
const DECAYS = [0.01, 0.1, 1];

export interface DepthOptions {
  /** Folds of the cross-validation, at least 2: fewer where no class has as many examples. Default 5. */
  readonly folds?: number;
  readonly seed: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Accuracy at each depth, from the input up.
 * @param features By layer, in the order of depth: see `tapFeatures`.
 * @throws RangeError when no class has two examples: nothing can be left out.
 */
export async function depthCurve(
  features: ReadonlyMap<string, LabelledFeatures>,
  { folds = 5, seed, onProgress }: DepthOptions,
): Promise<DepthPoint[]> {
  const curve: DepthPoint[] = [];
  for (const [layer, values] of features) {
    const { accuracy, standardError } = probeAccuracy(values, {
      folds: Math.min(folds, mostOfAClass(values.labels)),
      seed,
      decays: DECAYS,
    });
    curve.push({ layer, accuracy, standardError });
    onProgress?.(curve.length, features.size);
    // Each probe is a second of work: others are let in between.
    await new Promise((resolve) => setTimeout(resolve));
  }
  return curve;
}

function mostOfAClass(labels: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values());
}

/** The layer whose features do best; of equals the higher one. */
export function bestLayer(curve: readonly DepthPoint[]): DepthPoint {
  return curve.reduce((best, point) => (point.accuracy >= best.accuracy ? point : best));
}

/** The best of those below the top. Undefined for a network of one layer. */
export function bestEarlierLayer(curve: readonly DepthPoint[]): DepthPoint | undefined {
  const below = curve.slice(0, -1);
  return below.length === 0 ? undefined : bestLayer(below);
}
