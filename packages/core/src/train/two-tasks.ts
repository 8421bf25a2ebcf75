/**
 * Two tasks in one run: each batch is of the target with probability `share`, else of the source, which makes the expected
 * loss share J_target + (1 - share) J_source. MULT of Mou et al. 2016, arXiv:1603.06111, section 3.
 *
 * What a batch is follows from its number in the run, and each task goes through its own examples epoch after epoch, so that
 * a position is still all that an interrupted run must remember. With a share of 1 it is training on the target alone.
 */
import type { Random } from '../random.ts';
import type { Batch, ExampleSource } from './data.ts';

export interface TwoTasks {
  readonly target: ExampleSource;
  readonly source: ExampleSource;
  /** Probability of a batch of the target, in (0, 1]. */
  readonly share: number;
  readonly batchSize: number;
  /** The run's own. */
  readonly random: Random;
}

/** Batches of both tasks that have one of each of the target's, on average: what counts as an epoch. */
export function batchesInEpoch({ target, share, batchSize }: Pick<TwoTasks, 'target' | 'share' | 'batchSize'>): number {
  return Math.ceil(Math.ceil(target.count / batchSize) / share);
}

/** Batches `first` to `end` of the run, `end` left out. */
export async function* twoTaskBatches(
  { target, source, share, batchSize, random }: TwoTasks,
  first: number,
  end: number,
): AsyncGenerator<Batch, void, void> {
  const draws = random.fork('task');
  const isTargets = () => draws.uniform() < share;
  let targets = 0;
  for (let i = 0; i < first; i++) if (isTargets()) targets++;
  const ofTarget = endlessBatches(target, batchSize, random.fork('data'), targets);
  const ofSource = endlessBatches(source, batchSize, random.fork('source data'), first - targets);
  try {
    for (let i = first; i < end; i++) {
      const own = isTargets();
      const { value: batch } = await (own ? ofTarget : ofSource).next();
      yield own ? batch! : { ...batch!, task: 'source' };
    }
  } finally {
    await ofTarget.return();
    await ofSource.return();
  }
}

/** The batches of one epoch after the other, without end. @param first Batches that are left out, counted over all epochs. */
export async function* endlessBatches(
  examples: ExampleSource,
  batchSize: number,
  random: Random,
  first = 0,
): AsyncGenerator<Batch, void, void> {
  const inEpoch = Math.ceil(examples.count / batchSize);
  let firstBatch = first % inEpoch;
  for (let epoch = Math.floor(first / inEpoch); ; epoch++) {
    yield* examples.batches({ epoch, batchSize, firstBatch, random: random.fork(epoch) });
    firstBatch = 0;
  }
}
