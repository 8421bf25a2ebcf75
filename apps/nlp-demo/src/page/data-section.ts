/** 1 Data: built-in sets; a table that is pasted, chosen or dropped, and its columns; the classes that there are. */
import { byId, element, table } from '@attune/demo-parts/page';
import type { DataSummary, GivenTable, TablePreview } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

export function setUpData(page: StudioPage): void {
  const { studio } = page;
  const take = async (message: string, work: () => Promise<DataSummary>) => {
    const data = await page.task(message, work);
    if (data === undefined) return;
    show(data);
    page.dataChanged(data);
    page.say(`${data.title}: ${data.train + data.validation + data.test} texts of ${data.classes.length} classes.`);
  };

  for (const task of ['similar', 'different'] as const)
    byId(`use-${task}`).addEventListener('click', () => {
      byId('columns').hidden = true;
      const perClass = Number(byId<HTMLSelectElement>('per-class').value);
      void take('Writing texts …', () => studio.useBuiltIn(task, perClass));
    });

  const pasted = byId<HTMLTextAreaElement>('pasted');
  const header = byId<HTMLInputElement>('header-line');
  let last: Omit<GivenTable, 'header'> | undefined;
  const read = async (given: Omit<GivenTable, 'header'>) => {
    last = given;
    const preview = await page.task(`Reading ${given.name} …`, () =>
      studio.readTable({ ...given, header: header.checked }),
    );
    byId('columns').hidden = preview === undefined;
    if (preview === undefined) return;
    showColumns(preview);
    page.say(`${preview.name}: ${preview.count} rows. Choose the columns.`);
  };
  byId('read-pasted').addEventListener('click', () => {
    if (pasted.value.trim() === '') page.fail('Paste a table first: a column of texts and one of labels.');
    else void read({ name: 'the pasted table', content: pasted.value });
  });
  header.addEventListener('change', () => last && read(last));
  const chooser = byId<HTMLInputElement>('file');
  const readFile = (file: File | undefined) => file && read({ name: file.name, content: file });
  chooser.addEventListener('change', async () => {
    await readFile(chooser.files?.[0]);
    chooser.value = '';
  });
  const drop = byId('drop');
  for (const name of ['dragenter', 'dragover'])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add('over');
    });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    void readFile(event.dataTransfer?.files[0]);
  });
  byId('use-table').addEventListener('click', () => {
    const [text, label] = ['text-column', 'label-column'].map((id) => Number(byId<HTMLSelectElement>(id).value)) as [
      number,
      number,
    ];
    void take('Dividing the texts …', () => studio.useTable({ text, label }));
  });

  page.onBusy.push((busy) => {
    for (const id of ['use-similar', 'use-different', 'read-pasted', 'file', 'use-table'])
      byId<HTMLButtonElement>(id).disabled = busy;
  });
}

function showColumns({ columns, rows, text, label, name }: TablePreview): void {
  for (const [id, chosen] of [
    ['text-column', text],
    ['label-column', label],
  ] as const) {
    const select = byId<HTMLSelectElement>(id);
    select.replaceChildren(...columns.map((column, i) => element('option', { value: i }, column || `column ${i + 1}`)));
    select.value = String(chosen);
  }
  byId('preview').replaceChildren(table(`The first rows of ${name}`, columns, rows));
}

function show(data: DataSummary): void {
  const place = byId('data-summary');
  place.replaceChildren(
    element(
      'div',
      { class: 'card scroll' },
      table(
        data.title,
        ['Class', 'Training', 'Validation', 'Test', 'One of them'],
        data.classes.map(({ name, train, validation, test, example }) => [
          name,
          String(train),
          String(validation),
          String(test),
          element('span', { class: 'example' }, example),
        ]),
      ),
      data.warnings.length > 0
        ? element(
            'ul',
            { class: 'pale warnings' },
            data.warnings.map((warning) => element('li', {}, warning)),
          )
        : [],
    ),
  );
  place.hidden = false;
}
