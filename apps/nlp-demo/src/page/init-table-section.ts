/** 7 All rows: the paper's table, filled for a similar and a different target. */
import { byId, percent, table } from '@attune/demo-parts/page';
import { proxy } from 'comlink';
import type { BuiltInTask, InitCell } from '../api.ts';
import { INIT_ROWS } from '../init-rows.ts';
import type { StudioPage } from './studio-page.ts';

export function setUpInitTable(page: StudioPage): void {
  const { studio } = page;
  const start = byId<HTMLButtonElement>('all-rows');
  const stop = byId<HTMLButtonElement>('stop-rows');
  const progress = byId<HTMLProgressElement>('rows-progress');
  const reached = new Map<string, number>();
  const key = (row: string, task: BuiltInTask) => `${row} ${task}`;

  const draw = () => {
    const best = (task: BuiltInTask) => Math.max(...INIT_ROWS.map(({ name }) => reached.get(key(name, task)) ?? 0));
    const bests = { similar: best('similar'), different: best('different') };
    const cell = (row: string, task: BuiltInTask) => {
      const accuracy = reached.get(key(row, task));
      if (accuracy === undefined) return task === 'different' && !row.endsWith('R') ? '–' : '';
      return `${percent(accuracy)}${accuracy === bests[task] ? ' (best)' : ''}`;
    };
    const words = { random: 'random', locked: 'locked', tuned: 'fine-tuned' };
    byId('init-table').replaceChildren(
      table(
        'Accuracy on texts that were held back',
        ['INIT', 'Embedding', 'Hidden', 'Output', 'Similar: remarks', 'Different: questions'],
        INIT_ROWS.map(({ name, init: { E, H, O } }) => [
          name,
          words[E],
          words[H],
          words[O],
          cell(name, 'similar'),
          cell(name, 'different'),
        ]),
      ),
    );
  };
  draw();

  start.addEventListener('click', async () => {
    reached.clear();
    draw();
    progress.hidden = false;
    stop.disabled = false;
    const ended = await page.task('Training every row …', () =>
      studio.fillInitTable(
        Number(byId<HTMLSelectElement>('per-class').value),
        proxy(({ row, task, accuracy }: InitCell) => {
          reached.set(key(row, task), accuracy);
          draw();
          page.sayNowAndThen(`${row} on the ${task} target: ${percent(accuracy)}.`);
        }),
        proxy((done: number, total: number) => {
          progress.value = done / total;
        }),
      ),
    );
    stop.disabled = true;
    progress.hidden = true;
    if (ended !== undefined) page.say(ended ? 'All rows are filled.' : 'Stopped: the rows so far are shown.');
  });
  stop.addEventListener('click', () => void studio.stop());
  page.onBusy.push((busy) => {
    start.disabled = busy;
  });
}
