/** What is pasted is read as a file of the same content is: to the same data set, or to the same line. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseDelimited } from './delimited-text.ts';
import { divideTable } from './divide.ts';
import { type OpenTextsOptions, openTexts } from './open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pasted-'));
});
afterAll(() => rm(folder, { recursive: true }));

type Kind = 'csv' | 'tsv';

async function fromFile(content: string, kind: Kind, options: OpenTextsOptions) {
  const file = join(folder, `texts.${kind}`);
  await writeFile(file, content);
  const { path: _, fingerprint: __, ...rest } = await openTexts(file, options);
  return rest;
}

const fromText = async (content: string, kind: Kind, options: OpenTextsOptions) =>
  divideTable(parseDelimited(content, `texts.${kind}`, kind, options), options);

it.each<[string, Kind, string, OpenTextsOptions]>([
  ['quotes, line breaks and CRLF', 'csv', 'text,label\r\n"a, ""b""\r\nc",x\r\n\r\nd,y\r\ne,y\r\n', {}],
  ['a mark and another delimiter', 'csv', '\ufeffid;text;label\n1;a, b;x\n2;c "d";y\n', {}],
  ['tabs, with quotes in texts', 'tsv', 'sentence\tlabel\n"a" b\tx\nc\ty\n', {}],
  ['no header, columns by number', 'csv', 'x,a\ny,b\n', { header: false, text: 2, label: 1 }],
  ['pairs, rows that lack something', 'csv', 'premise,hypothesis,label\na,b,x\nc,,y\nd,e,\nf,g,y\n', {}],
  ['splits', 'csv', 'text,label,split\na,x,train\nb,y,train\nc,x,test\nd,y,dev\n', {}],
])('%s', async (_, kind, content, options) => {
  const pasted = await fromText(content, kind, { ...options, seed: 3 });
  expect(pasted).toEqual(await fromFile(content, kind, { ...options, seed: 3 }));
  expect(pasted.classes).toEqual(['x', 'y']);
});

it.each<[string, Kind, string, OpenTextsOptions, string]>([
  ['a ragged row', 'csv', 'text,label\n"a\nb",x\nb, or c,y\n', {}, 'texts.csv, line 4: 3 columns where'],
  ['a quote that stays open', 'csv', 'text,label\n"a,x\nb,y\n', {}, 'is never closed'],
  ['no usual column', 'tsv', 'words\tkind\na\tx\n', {}, 'Name it with --text: words, kind.'],
  ['a delimiter of two characters', 'csv', 'text,label\na,x\n', { delimiter: ';;' }, 'is not one character'],
  ['one class', 'csv', 'text,label\na,x\nb,x\n', {}, "one class only ('x')"],
  ['only a header', 'csv', 'text,label\n', {}, 'has no texts'],
])('%s is refused in the same words', async (_, kind, content, options, part) => {
  const refusal = async (read: typeof fromText) => {
    const error = await read(content, kind, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message.replaceAll(`${folder}/`, '');
  };
  expect(await refusal(fromText)).toContain(part);
  expect(await refusal(fromText)).toBe(await refusal(fromFile as typeof fromText));
});

it('refuses what has nothing in it', () => {
  for (const content of ['', '\n\n'])
    expect(() => parseDelimited(content, 'the text', 'csv')).toThrow('only empty lines');
});
