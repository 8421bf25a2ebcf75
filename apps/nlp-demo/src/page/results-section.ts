/** 5 Results: the runs beside each other, unsure predictions, features, export. */
import type { DoneTraining } from '@attune/demo-parts/api';
import { byId, classLegend, element, offerFile, percent, scatter, table } from '@attune/demo-parts/page';
import type { Prediction, Results, TrainingRequest } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

interface Run {
  readonly plan: string;
  readonly accuracy: number;
  readonly epochs: number;
  readonly seconds: number;
}

export interface ResultsSection {
  show(request: TrainingRequest, outcome: DoneTraining<Results>): void;
}

/** @param onText Told of a text that is to be explained. */
export function setUpResults(page: StudioPage, onText: (text: string) => void): ResultsSection {
  const { studio } = page;
  let runs: Run[] = [];
  let results: Results | undefined;

  page.onData.push(() => {
    runs = [];
    results = undefined;
    byId('results-body').hidden = true;
    byId('no-results').hidden = false;
  });
  page.onBusy.push((busy) => {
    for (const id of ['export', 'project']) byId<HTMLButtonElement>(id).disabled = busy;
    for (const button of document.querySelectorAll<HTMLButtonElement>('#unsure button')) button.disabled = busy;
  });

  byId('project').addEventListener('click', async () => {
    const projection = await page.task('Projecting features …', () => studio.project());
    if (projection === undefined || results === undefined) return;
    byId('projection').replaceChildren(
      scatter('Before', projection.before, projection.labels, 'texts'),
      scatter('After', projection.after, projection.labels, 'texts'),
      classLegend(results.classes),
    );
    page.say('The features are drawn, before and after training.');
  });

  byId('export').addEventListener('click', async () => {
    const file = await page.task('Writing the files …', () => studio.exportNetwork());
    if (file === undefined) return;
    offerFile(file);
    page.say(`${file.name}: ${(file.bytes.length / 1024).toFixed(0)} KiB.`);
  });

  return {
    show({ plan }, { epochs, seconds, results: reached }) {
      results = reached;
      runs.push({ plan: plan.name, accuracy: reached.accuracy, epochs, seconds });
      byId('runs').replaceChildren(runsTable(runs, reached));
      byId('projection').replaceChildren();
      byId('unsure').replaceChildren(...reached.unsure.map((prediction) => card(prediction, reached.classes, onText)));
      byId('no-results').hidden = true;
      byId('results-body').hidden = false;
      page.say(`Done: ${percent(reached.accuracy)} of the ${reached.split} texts are named right.`);
    },
  };
}

function card(
  { text, label, predicted, probability }: Prediction,
  classes: readonly string[],
  onText: (text: string) => void,
): HTMLElement {
  const right = label === predicted;
  const button = element(
    'button',
    { type: 'button', class: right ? 'right' : 'wrong' },
    element('span', {}, text),
    element(
      'span',
      {},
      element('span', { class: 'verdict' }, right ? '✓ ' : '✗ ', classes[predicted]!),
      ' ',
      element('span', { class: 'nowrap' }, percent(probability)),
      element('span', { class: 'pale' }, right ? ', right' : `, is ${classes[label]}`),
    ),
  );
  button.addEventListener('click', () => onText(text));
  return element('li', {}, button);
}

function runsTable(runs: readonly Run[], { split, count, majority }: Results): HTMLElement {
  const best = Math.max(...runs.map(({ accuracy }) => accuracy));
  const caption = split === 'train' ? 'Runs (too few texts to hold some back)' : 'Runs on this data';
  return table(
    `${caption}; always naming the commonest class gets ${percent(majority)}`,
    ['Plan', `Accuracy on ${count} ${split} texts`, 'Epochs', 'Seconds'],
    runs.map(({ plan, accuracy, epochs, seconds }) => [
      plan,
      `${percent(accuracy)}${accuracy === best && runs.length > 1 ? ' (best)' : ''}`,
      String(epochs),
      seconds.toFixed(1),
    ]),
  );
}
