import { expect, it } from 'vitest';
import { Collection } from './collection.ts';

const read = (content: string | Blob, name = 'the pasted table', header = true) => {
  const collection = new Collection();
  return { collection, preview: collection.read({ name, content, header }) };
};

it('finds the columns by their names, else by the longest texts', async () => {
  expect(await read('id,sentence,label\n1,a b c,x\n').preview).toMatchObject({ text: 1, label: 2, count: 1 });
  expect(await read('kind,what was said\nx,a b c\n').preview).toMatchObject({ text: 1, label: 0 });
  expect(await read('a rather long text\tx\nb\ty\n', 'rows.tsv', false).preview).toMatchObject({
    columns: ['1', '2'],
    text: 0,
    label: 1,
    count: 2,
  });
});

it('takes what is copied from a spreadsheet, and files in windows-1252', async () => {
  expect(await read('text\tlabel\n"a", b\tx\n').preview).toMatchObject({ rows: [['"a", b', 'x']] });
  const file = new Blob([Uint8Array.from('text,label\ncaf\xe9,x\n', (letter) => letter.charCodeAt(0))]);
  expect(await read(file, 'cafe.csv').preview).toMatchObject({ rows: [['café', 'x']] });
});

it('divides the texts into splits, copies on one side', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `text ${i % 20},${i % 2 ? 'b' : 'a'}`).join('\n');
  const { collection, preview } = read(`text,label\n${rows}\n`);
  await preview;
  await collection.useTable({ text: 0, label: 1 });
  const summary = collection.summary(false);
  expect(summary.train + summary.validation + summary.test).toBe(40);
  expect(summary.classes.map(({ name }) => name)).toEqual(['a', 'b']);
  const learnt = new Set(collection.splits.train.map(({ text }) => text));
  expect(collection.splits.test.filter(({ text }) => learnt.has(text))).toEqual([]);
  expect(collection.heldBack().split).toBe('test');
  expect(summary.warnings.join(' ')).toContain('20 texts are copies');
});

it('refuses what a page cannot learn from, in one line', async () => {
  await expect(read('a\0b').preview).rejects.toThrow('the pasted table is no text.');
  await expect(read(new Blob(['x'.repeat(17 * 1024 * 1024)]), 'big.csv').preview).rejects.toThrow('larger than 16 MiB');
  await expect(read(`text,label\n${'a,x\n'.repeat(20_001)}`).preview).rejects.toThrow('more than 20000 rows');
  const { collection, preview } = read(`text,label\n${Array.from({ length: 60 }, (_, i) => `t,${i}`).join('\n')}\n`);
  await preview;
  await expect(collection.useTable({ text: 0, label: 1 })).rejects.toThrow("Is 'label' the column of the labels?");
  await expect(new Collection().useTable({ text: 0, label: 1 })).rejects.toThrow('There is no table yet.');
  expect(() => new Collection().requireTexts()).toThrow('There are no texts yet.');
});
