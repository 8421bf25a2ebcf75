/** What is odd about a data set is said, with names, and does not keep from learning. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { picture, save, temporaryFolder, writeTwoColours } from '../../test/pictures.ts';
import { openImages } from './open.ts';
import { type CheckedImage, datasetWarnings } from './warnings.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** One picture a value, all different. */
const put = async (name: string, value: number) =>
  save(join(folder, name), await picture(8, 8, [value, value, value]).png().toBuffer());
const open = () => openImages(folder, { resize: 8 });
const images = (label: number, split: CheckedImage['split'], ...contents: string[]): CheckedImage[] =>
  contents.map((content, i) => ({ name: `${label}/${split}-${i}`, label, split, content }));
const many = (label: number, count: number) =>
  images(label, 'train', ...Array.from({ length: count }, (_, i) => `${label}-${i}`));

describe('names of classes', () => {
  it('may hold spaces, emoji and accents, without a warning', async () => {
    for (const [i, name] of ['my cats', '🐶 dogs', 'Käfer', '鳥'].entries())
      for (let j = 0; j < 3; j++) await put(`${name}/${j}.png`, 20 * i + j);
    const { classes, warnings, splits } = await open();
    expect(classes).toEqual(['Käfer', 'my cats', '鳥', '🐶 dogs']);
    expect(warnings).toEqual([]);
    expect(new Set(splits.train.map(({ label }) => label)).size).toBe(4);
    expect((await splits.train[0]!.pixels()).width).toBe(8);
  });

  it('that differ in case only are kept apart', async () => {
    await mkdir(join(folder, 'Cat'));
    for (let i = 0; i < 3; i++) {
      await put(`Cat/${i}.png`, i);
      await put(`cat/${i}.png`, 50 + i);
    }
    const { classes, warnings } = await open();
    expect(classes).toEqual(['Cat', 'cat']);
    expect(warnings).toEqual([expect.stringMatching(/^Classes 'Cat' and 'cat' differ in case only/)]);
  });

  it('are one where they differ in their Unicode form only', async () => {
    const [one, two] = ['K\u00e4fer', 'Ka\u0308fer'];
    for (let i = 0; i < 3; i++) {
      await put(`${one}/${i}.png`, i);
      await put(`${two}/${i}.png`, 50 + i);
      await put(`ants/${i}.png`, 100 + i);
    }
    const { classes, splits, warnings } = await open();
    expect(classes).toEqual([one, 'ants']);
    expect(Object.values(splits).flat()).toHaveLength(9);
    expect(warnings).toEqual([expect.stringContaining(`two folders of the name '${one}'`)]);
    await writeFile(join(folder, 'list.csv'), `path,label\nants/0.png,${one}\nants/1.png,${two}\nants/2.png,x\n`);
    expect((await openImages(join(folder, 'list.csv'), { resize: 8 })).classes).toEqual([one, 'x']);
  });

  it('cannot smuggle control characters into a warning', () => {
    const [warning] = datasetWarnings(['a\u001b[2J\nb', 'c'], [...many(0, 1), ...many(1, 2)]);
    expect(warning).toContain("'a [2J b'");
  });
});

describe('sizes of classes', () => {
  it('a class of a single image is learnt from', async () => {
    for (let i = 0; i < 4; i++) await put(`many/${i}.png`, i);
    await put('one/0.png', 50);
    const { splits, warnings } = await open();
    expect(splits.train.some(({ name }) => name === 'one/0.png')).toBe(true);
    expect(warnings).toEqual(["Class 'one' has a single image: it is learnt from, and nothing is left to test on."]);
  });

  it('1:1000 is said, with what helps; 1:9 is not', () => {
    expect(datasetWarnings(['a', 'b'], [...many(0, 2000), ...many(1, 2)])).toEqual([
      expect.stringMatching(/'a' has 2000 training images and 'b' has 2 \(1:1000\).*macro F1.*balanced sampling/),
    ]);
    expect(datasetWarnings(['a', 'b'], [...many(0, 18), ...many(1, 2)])).toEqual([]);
  });
});

describe('copies', () => {
  it('of one image only: there is nothing to learn', async () => {
    for (const name of ['a', 'b']) for (let i = 0; i < 3; i++) await put(`${name}/${i}.png`, 9);
    expect((await open()).warnings).toEqual([
      'All 6 images are the same: there is nothing to tell the classes apart by.',
    ]);
  });

  it('in training and test, and in two classes, are named', () => {
    const warnings = datasetWarnings(
      ['a', 'b'],
      [
        ...images(0, 'train', 'p', 'q', 'r'),
        ...images(0, 'test', 'q', 's'),
        ...images(1, 'train', 't', 'r'),
        ...images(1, 'validation', 'u'),
      ],
    );
    expect(warnings).toEqual([
      "1 picture is in more than one class, such as 0/train-2 ('a') and 1/train-1 ('b').",
      "1 test image is a copy of training images, such as 0/test-0 of 0/train-1: the test's accuracy is flattered.",
      '2 images are copies of others, such as 0/test-0 of 0/train-1.',
    ]);
  });

  it('none where all differ', async () => {
    await writeTwoColours(folder, 5);
    expect((await open()).warnings).toEqual([]);
  });
});
