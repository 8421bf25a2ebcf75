import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '@attune/core';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenTextsOptions, openTexts } from './open.ts';
import { type ReadTextsOptions, readTexts, type TextPath } from './read-texts.ts';
import type { LabelledText } from './table-texts.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'texts-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
}
async function read(path: TextPath, options?: ReadTextsOptions): Promise<LabelledText[]> {
  const texts = [];
  for await (const text of readTexts(path, options)) texts.push(text);
  return texts;
}
const rows = async (path: TextPath, options?: ReadTextsOptions) =>
  (await read(path, options)).map(({ text, pair, className }) => [
    text,
    ...(pair === undefined ? [] : [pair]),
    className,
  ]);
async function refused(content: string | Uint8Array, options?: OpenTextsOptions, name = 'bad.csv'): Promise<string> {
  const path = await write(name, content);
  const error = await openTexts(path, options).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UserError);
  return (error as Error).message.replaceAll(`${folder}/`, '');
}
const many = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

describe('readTexts', () => {
  it('reads CSV: quotes, delimiters and line breaks in texts, CRLF, a mark, empty lines', async () => {
    const path = await write(
      'a.csv',
      '\ufefflabel,text\r\npos,"good, ""really""\r\ngood"\r\n\r\nneg,say "no" to it\r\n',
    );
    expect(await read(path)).toEqual([
      { name: 'a.csv:2', text: 'good, "really"\ngood', className: 'pos' },
      { name: 'a.csv:5', text: 'say "no" to it', className: 'neg' },
    ]);
  });

  it('finds the delimiter of a CSV file, and takes one', async () => {
    expect(await rows(await write('b.csv', 'text;label\na, b;x\n'))).toEqual([['a, b', 'x']]);
    expect(await rows(await write('c.csv', 'text|label\na|x\n'))).toEqual([['a', 'x']]);
    expect(await rows(await write('d.csv', 'text:label\na,b:x\n'), { delimiter: ':' })).toEqual([['a,b', 'x']]);
  });

  it('reads TSV with literal quotes, or with quoting when it is told', async () => {
    const path = await write('a.tsv', 'text\tlabel\n"Never," he said, "never\tx\n"a ""b"" c"\ty\n');
    expect(await rows(path)).toEqual([
      ['"Never," he said, "never', 'x'],
      ['"a ""b"" c"', 'y'],
    ]);
    const quoted = await write('b.tsv', 'text\tlabel\n"a ""b""\tc"\ty\n');
    expect(await rows(quoted, { quote: '"' })).toEqual([['a "b"\tc', 'y']]);
  });

  it('reads files without a header by numbers of columns', async () => {
    const path = await write('e.csv', '1,ignored,some text\n0,ignored,other text\n');
    expect(await rows(path, { header: false, text: 3, label: 1 })).toEqual([
      ['some text', '1'],
      ['other text', '0'],
    ]);
  });

  it('reads JSON lines: numbers and truth values are labels too', async () => {
    const path = await write('a.jsonl', '{"text":"a\\u00e9","label":1}\n\n{"label":false,"text":"b","more":[1]}\r\n');
    expect(await read(path)).toEqual([
      { name: 'a.jsonl:1', text: 'aé', className: '1' },
      { name: 'a.jsonl:3', text: 'b', className: 'false' },
    ]);
  });

  it('reads Parquet, of several row groups, by columns', async () => {
    const bytes = parquetWriteBuffer({
      columnData: [
        { name: 'sentence', data: Array.from({ length: 25 }, (_, i) => `text ${i} é`), type: 'STRING' },
        { name: 'other', data: Array.from({ length: 25 }, () => 1.5), type: 'DOUBLE' },
        { name: 'label', data: Array.from({ length: 25 }, (_, i) => BigInt(i % 3)), type: 'INT64' },
      ],
      rowGroupSize: 10,
    });
    const texts = await read(await write('a.parquet', new Uint8Array(bytes)));
    expect(texts).toHaveLength(25);
    expect(texts[13]).toEqual({ name: 'a.parquet:14', text: 'text 13 é', className: '1' });
  });

  it('reads pairs by their usual names, or as told', async () => {
    const path = await write('p.csv', 'premise,hypothesis,gold_label\na dog,an animal,entailment\n');
    expect(await rows(path)).toEqual([['a dog', 'an animal', 'entailment']]);
    expect(await rows(path, { text: 'hypothesis', label: 'gold_label' })).toEqual([['an animal', 'entailment']]);
    expect(await rows(path, { text: 'Hypothesis', pair: 'premise' })).toEqual([['an animal', 'a dog', 'entailment']]);
    expect(await rows(path, { label: null })).toEqual([['a dog', 'an animal', '']]);
  });

  it('unpacks .gz', async () => {
    expect(await rows(await write('z.csv.gz', gzipSync('text,label\na,x\n')))).toEqual([['a', 'x']]);
  });

  it('stops early without reading on', async () => {
    const path = await write('long.csv', `text,label\n${many(100_000, (i) => `text ${i},x`)}\n`);
    let seen = 0;
    for await (const _ of readTexts(path)) if (++seen === 3) break;
    expect(seen).toBe(3);
  });
});

describe('openTexts', () => {
  it('draws splits by seed, numbers classes, and takes a fingerprint of the content', async () => {
    const content = `text,label\n${many(200, (i) => `text number ${i},${i % 3 === 0 ? 10 : 9}`)}\n`;
    const path = await write('n.csv', content);
    const data = await openTexts(path);
    expect(data.classes).toEqual(['9', '10']);
    expect(data).toMatchObject({ pairs: false, givenSplits: [], skipped: [], warnings: [] });
    const { train, validation, test } = data.splits;
    expect([train.length, validation.length, test.length]).toEqual([136, 24, 40]);
    expect(new Set([...train, ...validation, ...test].map(({ name }) => name)).size).toBe(200);
    expect(train[0]!.label).toBe(Number(train[0]!.text.split(' ')[2]) % 3 === 0 ? 1 : 0);
    expect((await openTexts(path)).splits).toEqual(data.splits);
    expect((await openTexts(path, { seed: 1 })).splits).not.toEqual(data.splits);
    expect((await openTexts(await write('copy.csv', content))).fingerprint).toBe(data.fingerprint);
    expect((await openTexts(await write('n2.csv', content.replace('number 7', 'no 7')))).fingerprint).not.toBe(
      data.fingerprint,
    );
  });

  it('takes splits from a column, from files, and from a folder of files', async () => {
    const column = await openTexts(await write('s.csv', 'text,label,split\na,x,train\nb,y,train\nc,x,dev\nd,y,test\n'));
    expect(column.givenSplits).toEqual(['train', 'validation', 'test']);
    expect(column.splits.validation.map(({ text }) => text)).toEqual(['c']);
    const train = await write('given/train.csv', `text,label\n${many(20, (i) => `a${i},${i % 2}`)}\n`);
    const test = await write('given/test.jsonl', '{"text":"q","label":0}\n');
    for (const path of [dirname(train), { train, test }]) {
      const { splits, givenSplits } = await openTexts(path);
      expect([...givenSplits].sort()).toEqual(['test', 'train']);
      expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([16, 4, 1]);
    }
  });

  it('reads a folder of text files for each class, with splits or without', async () => {
    for (const split of ['', 'train/', 'test/'])
      for (const name of ['neg', 'pos'])
        for (let i = 0; i < 10; i++)
          await write(
            `${split === '' ? 'plain' : 'split'}/${split}${name}/${i}.txt`,
            `${split}${name} text ${i}\nline 2\n`,
          );
    await write('plain/pos/empty.txt', '');
    for (const name of ['a', 'b']) await write(`plain/neg/${name}.txt`, Buffer.from(`na\xefve ${name}`, 'latin1'));
    const plain = await openTexts(join(folder, 'plain'));
    expect(plain.classes).toEqual(['neg', 'pos']);
    expect(plain.skipped).toEqual([{ name: 'pos/empty.txt', reason: 'it has no text' }]);
    expect(plain.splits.train.length + plain.splits.validation.length + plain.splits.test.length).toBe(22);
    expect(plain.warnings[1]).toMatch(
      /^2 files, such as .*neg.a\.txt, are not UTF-8: they were read as windows-1252\./,
    );
    const split = await openTexts(join(folder, 'split'));
    expect(split.splits.test.length).toBe(20);
    expect(split.splits.test[0]).toEqual({ name: 'test/neg/0.txt', text: 'test/neg text 0\nline 2', label: 0 });
  });

  it('leaves out rows without text or label, and says how many', async () => {
    const path = await write('e.csv', 'text,label\na,x\n,x\n  ,y\nb,y\nc,-\nd,\n');
    const data = await openTexts(path);
    expect(data.skipped.map(({ name }) => name)).toEqual(['e.csv:3', 'e.csv:4', 'e.csv:6', 'e.csv:7']);
    expect(data.warnings.slice(0, 2)).toEqual([
      '2 rows were left out: e.csv:3, for one: it has no text.',
      '2 rows were left out: e.csv:6, for one: it has no label.',
    ]);
  });

  it('warns of copies, slips in labels, small classes and a guessed encoding', async () => {
    const lines = [
      'Same text,pos',
      'same  TEXT,neg',
      'again,pos',
      'again, pos',
      'other,Pos',
      ...many(12, (i) => `t${i},neg`).split('\n'),
    ];
    const path = await write('w.csv', Buffer.from(`text,label\n${lines.join('\n')}\nna\xefve,neg\n`, 'latin1'));
    const { warnings } = await openTexts(path);
    expect(warnings.map((warning) => warning.replaceAll(`${folder}/`, ''))).toEqual([
      'w.csv is not UTF-8 (line 19 is the first that is not): it was read as windows-1252. If letters look wrong, name its encoding.',
      '1 of 18 labels of w.csv have white space around them (w.csv:5 is the first): it was taken off.',
      "1 text is in more than one class, such as w.csv:2 ('pos') and w.csv:3 ('neg').",
      '2 texts are copies of others (case and white space aside), such as w.csv:3 of w.csv:2.',
      "Class 'Pos' has a single text: it is learnt from, and nothing is left to test on.",
      "Labels 'Pos' and 'pos' differ in case or white space only, and are different classes: is one a slip?",
    ]);
    const train = await write('leak/train.csv', `text,label\n${many(20, (i) => `a${i},${i % 2}`)}\n`);
    await write('leak/test.csv', 'text,label\nA3,1\nb,0\n');
    expect((await openTexts(dirname(train))).warnings[0]).toMatch(
      /^1 test text is a copy of training or validation texts, such as test.csv:2 of train.csv:5/,
    );
  });
});

describe('bad input is one line that says what to do', () => {
  it.each<[string, string | Uint8Array, OpenTextsOptions, string, string?]>([
    [
      'a wrong column',
      'text,label\na,x\n',
      { text: 'txt' },
      "bad.csv has no column 'txt'. Its columns: text, label. Did you mean text?",
    ],
    [
      'no usual column',
      'words,kind\na,x\n',
      {},
      'bad.csv does not say which column is the text. Name it with --text: words, kind.',
    ],
    [
      'a number past the columns',
      'text,label\na,x\n',
      { label: 3 },
      'bad.csv has 2 columns, and no column 3. They are counted from 1.',
    ],
    [
      'a column twice',
      'text,text,label\na,b,x\n',
      { text: 'text' },
      "bad.csv has the column 'text' 2 times. Name it by its number, from 1.",
    ],
    [
      'one column for two',
      'text,label\na,x\n',
      { text: 'text', label: 'text' },
      "Column 'text' of bad.csv is named for two purposes. Name different ones.",
    ],
    [
      'a ragged row',
      'text,label\na,x\nb, or c,y\n',
      {},
      'bad.csv, line 3: 3 columns where the header has 2. Put texts that hold \',\' into "quotes", or name the delimiter.',
    ],
    [
      'a short row',
      'a\tb\n1\n',
      { text: 1, label: 2 },
      'bad.tsv, line 2: 1 column where the header has 2. Complete the line,',
      'bad.tsv',
    ],
    [
      'a quote that stays open',
      `text,label\n"a,x\n${'b,y\n'.repeat(10)}`,
      {},
      'bad.csv: a " that opens a text is never closed (read up to line 12). If quotes are part of the texts, say that there is no quote (quote: none).',
    ],
    [
      'empty texts alone',
      'text,label\n,x\n ,y\n',
      {},
      'None of the 2 rows of bad.csv can be used: bad.csv:2, for one: it has no text.',
    ],
    ['one class', 'text,label\na,x\nb,x\n', {}, "bad.csv has one class only ('x'). Give it at least two classes,"],
    ['only a header', 'text,label\n', {}, 'bad.csv has no texts. Give a file with labelled texts.'],
    ['only empty lines', '\n\n', {}, 'bad.csv has only empty lines.'],
    ['an empty file', '', {}, 'bad.csv is empty.'],
    ['a binary file', new Uint8Array([1, 0, 2]), {}, 'bad.csv is no text: byte 1 is zero.'],
    [
      'a wrong encoding',
      Buffer.from('text,label\n\xe9,x\n', 'latin1'),
      { encoding: 'utf-8' },
      'bad.csv is not utf-8: line 2 holds',
    ],
    [
      'an unknown ending',
      'a',
      {},
      'The ending of bad.dat does not say what it is. Name its format: csv, tsv, jsonl, parquet.',
      'bad.dat',
    ],
    ['an unknown format', 'a', { format: 'cvs' as never }, "There is no format 'cvs'. Did you mean csv"],
    ['a delimiter that is none', 'a', { delimiter: ',,' }, "The delimiter ',,' is not one character."],
    [
      'a split that is none',
      'text,label,split\na,x,train\nb,y,later\n',
      {},
      "bad.csv, line 3: 'later' in column 'split' is no split.",
    ],
    [
      'a class without training texts',
      'text,label,split\na,x,train\nb,y,test\n',
      {},
      "Class 'y' of bad.csv has no text to learn from: none of it is in train.",
    ],
    [
      'a line that is no JSON',
      '{"text":"a","label":1}\n{"text":\n',
      {},
      'bad.jsonl, line 2: it is no JSON (',
      'bad.jsonl',
    ],
    ['a list of JSON', '[{"text":"a"},\n', {}, 'Give one object a line, without a list around them.', 'bad.jsonl'],
    [
      'a missing field',
      '{"text":"a","label":1}\n{"text":"b"}\n',
      {},
      "bad.jsonl, line 2: there is no 'label'. It has: text.",
      'bad.jsonl',
    ],
    [
      'a field that is a list',
      '{"text":["a"],"label":1}\n',
      {},
      "bad.jsonl, line 1: 'text' is a list. Give a text or a number.",
      'bad.jsonl',
    ],
    ['no Parquet', 'not parquet at all', {}, 'bad.parquet is no whole Parquet file (', 'bad.parquet'],
  ])('%s', async (_, content, options, message, name) => {
    expect(await refused(content, options, name)).toContain(message);
  });

  it('a Parquet file that is cut anywhere', async () => {
    const bytes = new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'text', data: Array.from({ length: 50 }, (_, i) => `text ${i}`), type: 'STRING' },
          { name: 'label', data: Array.from({ length: 50 }, (_, i) => i % 2), type: 'INT32' },
        ],
      }),
    );
    for (const length of [1, 7, 100, bytes.length - 20, bytes.length - 1])
      expect(await refused(bytes.slice(0, length), {}, 'cut.parquet')).toContain(
        'cut.parquet is no whole Parquet file',
      );
    // The end is there, and a piece of the middle is not.
    const hole = Buffer.concat([bytes.subarray(0, 40), bytes.subarray(140)]);
    expect(await refused(hole, {}, 'cut.parquet')).toContain('cut.parquet');
  });

  it('a missing file or folder, and a folder with nothing in it', async () => {
    await expect(openTexts(join(folder, 'none.csv'))).rejects.toThrow(/There is no file or folder .*none\.csv\. Check/);
    await expect(openTexts({ train: join(folder, 'none.csv') })).rejects.toThrow(/There is no file .*none\.csv/);
    await mkdir(join(folder, 'nothing'));
    await expect(openTexts(join(folder, 'nothing'))).rejects.toThrow(
      /holds neither tables .* nor folders of text files/,
    );
    await mkdir(join(folder, 'classes', 'pos'), { recursive: true });
    await expect(openTexts(join(folder, 'classes'))).rejects.toThrow(/Class folder .*pos holds no \.txt files/);
  });
});
