/** Bad input of texts gets one clear line and exit status 2, and nothing is left half-written: through the real program. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune, readJson, refusedBy, textWorkspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;

const SMALL = ['--from', 'text-cnn', '--embedding-size', '6', '--hidden-size', '4', '--epochs', '1', '--no-report'];

beforeAll(async () => {
  ({ folder, data, remove } = await textWorkspace());
  const { status, stderr } = await attune(['tune', 'nlp', '--data', data, ...SMALL, '--out', 'run'], { cwd: folder });
  expect(status, stderr).toBe(0);
});

afterAll(async () => remove());

/** See `refusedBy`. */
const refused = (args: readonly string[]) => refusedBy(args, folder);

const tune = (...args: string[]) => refused(['tune', 'nlp', ...args]);

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return name;
}

const GOOD = ['text,label', 'a fine day,x', 'a bad day,y', 'fine and good,x', 'bad and worse,y', 'good,x', 'worse,y'];

describe('tables', () => {
  it('a column that is not there: the ones that are', async () => {
    const line = await tune('--data', await file('good.csv', GOOD.join('\n')), '--text', 'body');
    expect(line).toBe("attune: good.csv has no column 'body'. Its columns: text, label. Name one of them.");
    expect(await tune('--data', 'good.csv', '--label', 'lable')).toContain('Did you mean label');
    expect(await tune('--data', 'good.csv', '--pair', '7')).toContain('has 2 columns, and no column 7');
  });

  it('ragged rows, by their line', async () => {
    const ragged = await file('ragged.csv', [...GOOD, 'one,two,three'].join('\n'));
    expect(await tune('--data', ragged)).toMatch(/^attune: ragged\.csv, line 8\b/);
  });

  it('no texts at all, and none of a class', async () => {
    const empty = await file('empty.csv', 'text,label\n,x\n ,y\n');
    expect(await tune('--data', empty)).toContain('None of the 2 rows of empty.csv can be used');
    const single = await file('single.csv', 'text,label\na,x\nb,x\n');
    expect(await tune('--data', single)).toContain("single.csv has one class only ('x').");
  });

  it('bytes that are not of the encoding that was named, or of one that there is not', async () => {
    const latin = await file('latin.csv', Buffer.from([...GOOD, 'caf\xe9,x'].join('\n'), 'latin1'));
    expect(await tune('--data', latin, '--encoding', 'utf-8')).toMatch(/latin\.csv.* line 8\b/);
    expect(await tune('--data', latin, '--encoding', 'klingon')).toContain('klingon');
  });

  it('what can be learnt from all the same is warned of, and kept in the record', async () => {
    const token = 'x'.repeat(2 * 1024 * 1024);
    const odd = await file(
      'odd.csv',
      Buffer.from([...GOOD, 'too good, x', 'empty cell,', `${token},y`, 'caf\xe9,X'].join('\n'), 'latin1'),
    );
    const args = ['tune', 'nlp', '--data', odd, ...SMALL, '--out', 'odd'];
    const { status, stderr } = await attune(args, { cwd: folder });
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('left out: odd.csv:9: it has no label');
    expect(stderr).toContain('1 of 9 labels of odd.csv have white space around them');
    expect(stderr).toContain("Labels 'X' and 'x' differ in case or white space only");
    expect(stderr).toContain('odd.csv is not UTF-8 (line 11 is the first that is not): it was read as windows-1252');
    const { data: recorded } = (await readJson(join(folder, 'odd', 'run.json'))) as { data: { warnings: string[] } };
    expect(recorded.warnings.length).toBeGreaterThanOrEqual(4);
  });
});

describe('sources', () => {
  it('word vectors with a row that is none, by its line; and of another length than the source has', async () => {
    const broken = await file('broken.txt', 'the 1 2 3\nof 4 5\na 7 8 9\n');
    expect(await tune('--data', data, '--vectors', broken)).toMatch(/^attune: broken\.txt, line 2: /);
    const short = await file('short.txt', 'the 1 2 3\na 4 5 6\n');
    expect(await tune('--data', data, '--from', 'run', '--vectors', short)).toContain(
      'short.txt has vectors of 3 numbers, and 6 are wanted.',
    );
    expect(await tune('--data', data, '--from', 'run', '--embedding-size', '50')).toMatch(
      /The length of a word vector is to be 50, and that of the source in .* is 6\./,
    );
  });

  it('a model that is nowhere, without a network', async () => {
    const line = await tune('--data', data, '--from', 'nobody/no-such-model', '--offline');
    expect(line).toMatch(
      /^attune: The model 'nobody\/no-such-model' is no folder here, and was not fetched before to /,
    );
    expect(await tune('--data', data, '--from', './no/such/folder')).toContain('There is no model ./no/such/folder.');
  });

  it('a plan that is none, and one that does not go with the source', async () => {
    expect(await tune('--data', data, '--plan', 'init-xyz')).toContain('such as init-ttr');
    expect(await tune('--data', data, '--from', 'lstm', '--plan', 'lora')).toContain('lstm starts from random values');
    expect(await tune('--data', data, '--plan', 'mult')).toContain('Name them with --source-data');
  });
});

describe('what is done with a run', () => {
  it.each<[string, string[], RegExp]>([
    ['options of images', ['eval', 'run', '--tta', 'flip'], /--tta is for runs on images, and the run in run is none/],
    [
      'a class that the run does not know',
      ['eval', 'run', '--data', 'good.csv'],
      /has a class 'x' that the run in run/,
    ],
    ['no text', ['predict', 'run'], /There are no texts to name\./],
    ['an empty text', ['predict', 'run', 'a', ' '], /Text 2 is empty\./],
    ['both texts and a file', ['predict', 'run', 'a', '--data', 'good.csv'], /There are texts, and a file of texts/],
    ['a missing file', ['predict', 'run', '--data', 'none.txt'], /none\.txt/],
    ['TensorFlow.js', ['export', 'run', '--format', 'tfjs', '--out', 'x'], /are not written for TensorFlow\.js/],
    ['advice without a source', ['advise', 'nlp', '--data', 'good.csv'], /Advice is on a source, and none is named/],
  ])('%s', async (_, args, message) => {
    await file('good.csv', GOOD.join('\n'));
    expect(await refused(args)).toMatch(message);
  });
});
