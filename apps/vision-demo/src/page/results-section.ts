/** 5 Results: the runs beside each other, unsure predictions, where the network looks, features, export. */
import type { DoneTraining } from '@attune/demo-parts/api';
import { byId, classLegend, element, offerFile, percent, scatter, table } from '@attune/demo-parts/page';
import type { MapMethod, Prediction, ProjectionMethod, Results, TrainingRequest } from '../api.ts';
import { canvasOf } from './canvas.ts';
import { drawHeat } from './heat.ts';
import type { StudioPage } from './studio-page.ts';

const SHOWN = 12;
const PICTURE = 128;
const MAP = 192;

interface Run {
  readonly plan: string;
  readonly trainable: string;
  readonly epochs: number;
  readonly seconds: number;
  readonly accuracy: number;
}

export interface ResultsSection {
  show(request: TrainingRequest, outcome: DoneTraining<Results>): Promise<void>;
}

export function setUpResults(page: StudioPage): ResultsSection {
  const { studio } = page;
  let runs: Run[] = [];
  let results: Results | undefined;
  let chosen: Prediction | undefined;

  page.onData.push(() => {
    runs = [];
    results = undefined;
    byId('results-body').hidden = true;
    byId('no-results').hidden = false;
  });
  page.onBusy.push((busy) => {
    for (const id of ['export', 'project']) byId<HTMLButtonElement>(id).disabled = busy;
    for (const button of document.querySelectorAll<HTMLButtonElement>('#unsure button')) button.disabled = busy;
    byId<HTMLFieldSetElement>('map-methods').disabled = busy;
  });

  const explain = async (prediction: Prediction) => {
    if (results === undefined) return;
    const method = checked<MapMethod>('map');
    const name = results.classes[prediction.predicted]!;
    const drawn = await page.task('Looking where it looks …', async () => ({
      picture: await studio.picture(prediction.index, MAP),
      map: await studio.explain(prediction.index, method),
    }));
    if (drawn === undefined) return;
    chosen = prediction;
    for (const button of document.querySelectorAll<HTMLButtonElement>('#unsure button'))
      button.setAttribute('aria-pressed', String(Number(button.dataset.index) === prediction.index));
    const picture = byId<HTMLCanvasElement>('map-picture');
    const heat = byId<HTMLCanvasElement>('map-heat');
    picture.getContext('2d')!.drawImage(drawn.picture, 0, 0);
    drawHeat(heat, drawn.picture, drawn.map);
    drawn.picture.close();
    const kind = method === 'grad-cam' ? 'Grad-CAM' : 'Occlusion';
    picture.setAttribute('aria-label', `Image ${prediction.name}`);
    heat.setAttribute('aria-label', `${kind} map of ${prediction.name} for ${name}`);
    byId('map-about').textContent = `${prediction.name}: why it was taken for '${name}'.`;
    page.say(`The ${kind} map of ${prediction.name} is drawn.`);
  };
  for (const radio of document.querySelectorAll('input[name="map"]'))
    radio.addEventListener('change', () => chosen && explain(chosen));

  const project = async () => {
    if (results === undefined) return;
    const method = checked<ProjectionMethod>('projection');
    const projection = await page.task('Projecting features …', () =>
      studio.project(method, page.progressOf('Projecting')),
    );
    if (projection === undefined) return;
    byId('projection').replaceChildren(
      scatter('Before', projection.before, projection.labels, 'images'),
      scatter('After', projection.after, projection.labels, 'images'),
      classLegend(results.classes),
    );
    page.say('The features are drawn, before and after training.');
  };
  byId('project').addEventListener('click', project);

  byId('export').addEventListener('click', async () => {
    const file = await page.task('Writing the ONNX file …', () => studio.exportOnnx());
    if (file === undefined) return;
    offerFile(file);
    page.say(`${file.name}: ${(file.bytes.length / 1024).toFixed(0)} KiB.`);
  });

  const show: ResultsSection['show'] = async ({ plan }, outcome) => {
    results = outcome.results;
    chosen = undefined;
    const trainable = byId('trainable').textContent!.split(' ')[0]!;
    runs.push({ plan: plan.name, trainable, ...outcome, accuracy: results.accuracy });
    byId('runs').replaceChildren(runsTable(runs, results));
    byId('projection').replaceChildren();
    const camera = document.querySelector<HTMLInputElement>('input[name="map"][value="grad-cam"]')!;
    camera.disabled = !results.gradCam;
    if (!results.gradCam)
      document.querySelector<HTMLInputElement>('input[name="map"][value="occlusion"]')!.checked = true;
    byId('no-results').hidden = true;
    byId('results-body').hidden = false;
    const unsure = [...results.predictions].sort((a, b) => a.probability - b.probability).slice(0, SHOWN);
    const pictures = await page.task(null, () =>
      Promise.all(unsure.map(({ index }) => studio.picture(index, PICTURE))),
    );
    if (pictures === undefined) return;
    byId('unsure').replaceChildren(
      ...unsure.map((prediction, i) => card(prediction, pictures[i]!, results!.classes, explain)),
    );
    page.say(`Done: ${percent(results.accuracy)} of the ${results.split} images are named right.`);
  };
  return { show };
}

function card(
  prediction: Prediction,
  picture: ImageBitmap,
  classes: readonly string[],
  onChoose: (prediction: Prediction) => void,
): HTMLElement {
  const { label, predicted, probability, index } = prediction;
  const right = label === predicted;
  const button = element(
    'button',
    { type: 'button', 'aria-pressed': 'false', 'data-index': index, class: right ? 'right' : 'wrong' },
    canvasOf(picture),
    element(
      'span',
      {},
      element('span', { class: 'verdict' }, right ? '✓ ' : '✗ ', classes[predicted]!),
      ' ',
      element('span', { class: 'nowrap' }, percent(probability)),
    ),
    element('span', { class: 'pale' }, right ? 'right' : `is ${classes[label]}`),
  );
  button.addEventListener('click', () => onChoose(prediction));
  return element('li', {}, button);
}

function runsTable(runs: readonly Run[], { split, predictions }: Results): HTMLElement {
  const best = Math.max(...runs.map(({ accuracy }) => accuracy));
  const columns = ['Plan', `Accuracy on ${predictions.length} ${split} images`, 'Trainable', 'Epochs', 'Seconds'];
  return table(
    split === 'train' ? 'Runs (too few images to hold some back)' : 'Runs on this data',
    columns,
    runs.map(({ plan, accuracy, trainable, epochs, seconds }) => [
      plan,
      `${percent(accuracy)}${accuracy === best && runs.length > 1 ? ' (best)' : ''}`,
      trainable,
      String(epochs),
      seconds.toFixed(1),
    ]),
  );
}

function checked<Value extends string>(name: string): Value {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)!.value as Value;
}
