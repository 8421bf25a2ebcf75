/**
 * Auto-RGN: each tensor's learning rate is multiplied by its relative gradient norm |g| / |w|, divided by the largest. Lee et
 * al. 2022, arXiv:2210.11466, section 5. Tensors that the target pulls at hardest, for their size, move fastest.
 *
 * As the authors' code does, the ratio is the mean over a few batches at the start of each epoch. Unlike theirs, whose
 * heads are never new, the largest is taken over weights alone, and no factor is above 1: a fresh bias of nearly zero would
 * have a ratio without bound, and stop everything else. A tensor of zeros, for which there is no ratio, has factor 1.
 */
import type { MovingParameter } from '../optim/optimizer.ts';
import { tf } from '../tensorflow.ts';
import type { BatchTensors } from './batch-tensors.ts';
import type { Batch } from './data.ts';
import type { GradientNormStep } from './steps.ts';

/** As in the authors' code. */
export const MEASURED_BATCHES = 5;

export interface RelativeRatesOptions {
  readonly step: GradientNormStep;
  /** In the order of the step's outputs. */
  readonly parameters: readonly MovingParameter[];
  readonly tensorsOf: (batch: Batch) => BatchTensors;
  readonly batches: AsyncIterable<Batch> | Iterable<Batch>;
  /** Batches to measure on, at most. */
  readonly count: number;
}

/** Factor of each parameter's learning rate, in [0, 1], by name. */
export async function relativeRates(options: RelativeRatesOptions): Promise<Record<string, number>> {
  const { step, parameters, tensorsOf, batches, count } = options;
  const sums = parameters.map(() => 0);
  let measured = 0;
  for await (const batch of batches) {
    const { inputs, targets, weights } = tensorsOf(batch);
    const outputs = await step.run(inputs, targets, weights);
    const [gradients, norms] = await Promise.all([outputs.gradients.data(), outputs.parameters.data()]);
    tf.dispose([inputs, targets, weights, outputs.gradients, outputs.parameters]);
    sums.forEach((sum, i) => {
      sums[i] = sum + (norms[i] === 0 ? Number.POSITIVE_INFINITY : gradients[i]! / norms[i]!);
    });
    measured++;
    if (measured === count) break;
  }
  const ratios = sums.map((sum) => sum / measured);
  const largest = Math.max(
    0,
    ...ratios.filter((ratio, i) => Number.isFinite(ratio) && parameters[i]!.role === 'weight'),
  );
  const factor = (ratio: number) => (largest === 0 || !(ratio < largest) ? 1 : ratio / largest);
  return Object.fromEntries(parameters.map(({ name }, i) => [name, factor(ratios[i]!)]));
}
