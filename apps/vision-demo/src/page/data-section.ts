/** 1 Data: built-in sets, folders, webcam; the classes that there are; and the pre-trained network. */
import { byId, element } from '@attune/demo-parts/page';
import type { DataSummary, GivenImage } from '../api.ts';
import { canvasOf } from './canvas.ts';
import { chosenFiles, droppedFiles, type FoundFile, labelledImages } from './folders.ts';
import type { StudioPage } from './studio-page.ts';
import { setUpWebcam } from './webcam.ts';

const THUMBNAIL = 40;

export function setUpData(page: StudioPage): void {
  const { studio } = page;
  const builtIn = (task: 'similar' | 'different') => async () => {
    const perClass = Number(byId<HTMLSelectElement>('per-class').value);
    await take(`Drawing ${perClass} pictures of each class …`, () => studio.useBuiltIn(task, perClass));
  };
  byId('use-similar').addEventListener('click', builtIn('similar'));
  byId('use-different').addEventListener('click', builtIn('different'));

  const add = (images: readonly GivenImage[]) =>
    take(`Reading ${images.length} images …`, () => studio.addImages(images, page.progressOf('Reading images')));
  const addFiles = async (files: readonly FoundFile[]) => {
    const images = labelledImages(files);
    if (images.length === 0) page.fail('There are no images in folders there: give a folder for each class.');
    else await add(images);
  };

  const chooser = byId<HTMLInputElement>('folders');
  chooser.addEventListener('change', async () => {
    await addFiles(chosenFiles(chooser.files!));
    chooser.value = '';
  });
  const drop = byId('drop');
  for (const name of ['dragenter', 'dragover'])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', async (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer) await addFiles(await droppedFiles(event.dataTransfer.items));
  });
  setUpWebcam(page, add);

  async function take(message: string, work: () => Promise<DataSummary>): Promise<void> {
    const data = await page.task(message, work);
    if (data === undefined) return;
    show(data, async () => {
      await page.task('Taking the images away …', () => studio.clearData());
      byId('data-summary').hidden = true;
      page.dataChanged(undefined);
      page.say('There are no images.');
    });
    page.dataChanged(data);
    const left = data.skipped.length > 0 ? ` ${data.skipped.length} images could not be read.` : '';
    page.say(
      `${data.title}: ${data.train + data.validation + data.test} images of ${data.classes.length} classes.${left}`,
    );
  }

  page.onBusy.push((busy) => {
    for (const id of ['use-similar', 'use-different', 'folders', 'camera', 'capture', 'weights'])
      byId<HTMLButtonElement>(id).disabled = busy;
  });
  setUpNetwork(page);
}

function show(data: DataSummary, clear: () => void): void {
  const place = byId('data-summary');
  const rows = data.classes.map(({ name, train, validation, test, thumbnails }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', {}, String(train)),
      element('td', { class: 'optional' }, String(validation)),
      element('td', {}, String(test)),
      element(
        'td',
        {},
        element(
          'div',
          { class: 'strip', 'aria-hidden': 'true' },
          thumbnails.map((bitmap) => {
            const canvas = canvasOf(bitmap);
            canvas.style.width = canvas.style.height = `${THUMBNAIL}px`;
            return canvas;
          }),
        ),
      ),
    ),
  );
  const head = ['Class', 'Training', 'Validation', 'Test', 'Some of them'].map((name) =>
    element('th', { scope: 'col', class: name === 'Validation' ? 'optional' : undefined }, name),
  );
  const skipped = data.skipped.map(({ name, reason }) => element('li', {}, `${name}: ${reason}`));
  const button = element('button', { type: 'button', id: 'clear' }, 'Start anew');
  button.addEventListener('click', clear);
  place.replaceChildren(
    element(
      'div',
      { class: 'card scroll' },
      element(
        'table',
        {},
        element('caption', {}, data.title),
        element('thead', {}, element('tr', {}, head)),
        element('tbody', {}, rows),
      ),
      skipped.length > 0
        ? element(
            'details',
            {},
            element('summary', {}, `${skipped.length} could not be read`),
            element('ul', {}, skipped),
          )
        : [],
      data.title === 'Your images' ? element('div', { class: 'buttons' }, button) : [],
    ),
  );
  place.hidden = false;
}

/** The network of the catalogue that everything starts from. */
function setUpNetwork(page: StudioPage): void {
  const { studio } = page;
  const select = byId<HTMLSelectElement>('network-select');
  const weights = byId<HTMLInputElement>('weights');
  const embedded = byId('embedded');
  const choose = async (name: string, file?: File) => {
    const network = await page.task(`Loading ${name} …`, () => studio.chooseNetwork(name, file));
    if (network === undefined) return;
    byId('network-name').textContent = network.title;
    byId('network-about').textContent =
      `Pre-trained on ${network.trainedOn}; it sees ${network.size} x ${network.size} pixels.`;
    embedded.hidden = file === undefined;
    page.networkChanged();
    if (file) page.say(`${network.title} is loaded.`);
  };
  weights.addEventListener('change', async () => {
    const file = weights.files?.[0];
    if (file) await choose(select.value, file);
    weights.value = '';
  });
  let first = '';
  embedded.addEventListener('click', () => choose(first));
  page.onReady.push(async (networks) => {
    select.replaceChildren(...networks.slice(1).map(({ name, title }) => element('option', { value: name }, title)));
    first = networks[0]!.name;
    await choose(first);
  });
}
