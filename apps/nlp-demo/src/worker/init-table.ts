/**
 * Table 3 of Mou et al. 2016, arXiv:1603.06111, for the two built-in targets: one run for each way in which E, H and O may begin, all with
 * the same texts, seed and epochs, measured on the same texts that were held back. Where the classes are others than the source's,
 * the rows that copy the output are left out, as in the paper.
 */
import { breathe } from '@attune/demo-parts/worker';
import type { BuiltInTask, InitCell } from '../api.ts';
import { INIT_ROWS } from '../init-rows.ts';
import { builtInTexts } from './collection.ts';
import { Predictor } from './predictor.ts';
import { settingsFor, TrainingRun } from './training-run.ts';
import type { WordSource } from './word-model.ts';

const SEED = 1;
const TASKS: readonly BuiltInTask[] = ['similar', 'different'];

export interface InitTableOptions {
  readonly source: WordSource;
  /** Training texts a class. */
  readonly perClass: number;
  readonly onCell: (cell: InitCell) => void;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** @returns Whether it came to its end. */
export async function fillInitTable({
  source,
  perClass,
  onCell,
  onProgress,
  signal,
}: InitTableOptions): Promise<boolean> {
  const cells = TASKS.flatMap((task) => {
    const data = builtInTexts(task, perClass);
    const copied = source.hasClasses(data.classes);
    return INIT_ROWS.filter(({ init }) => copied || init.O === 'random').map(({ name, init }) => ({
      task,
      data,
      name,
      init,
    }));
  });
  for (const [done, { task, data, name, init }] of cells.entries()) {
    onProgress(done, cells.length);
    const { classes, splits } = data;
    const { model, plan } = await source.start(init, splits.train, classes, SEED);
    const predictor = new Predictor(model);
    try {
      if (plan) {
        const settings = settingsFor(plan, model.parts, splits.train.length);
        // Without validation: every row gets as many updates.
        const run = new TrainingRun({ model, plan, splits: { train: splits.train, validation: [] }, ...settings });
        if (!(await run.train(() => {}, signal))) return false;
      }
      await breathe();
      if (signal.aborted) return false;
      onCell({ row: name, task, accuracy: (await predictor.results('test', classes, splits.test)).accuracy });
    } finally {
      predictor.dispose();
      model.network.dispose();
    }
  }
  onProgress(cells.length, cells.length);
  return true;
}
