/**
 * Writes generated tasks as folders of pictures, with `train` and `test`: `DIR/similar`, `DIR/different`.
 *
 *   node --import tsx -C @attune/source test-fixtures/scripts/write-tasks.ts DIR [IMAGES-A-CLASS]
 */
import { join } from 'node:path';
import { TASKS, writeImageTask } from '../src/index.ts';

const [folder, count = '60'] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder to write to.');
for (const name of ['similar', 'different'] as const)
  await writeImageTask(join(folder, name), TASKS[name], { perClass: { train: Number(count), test: 20 }, seed: 0 });
