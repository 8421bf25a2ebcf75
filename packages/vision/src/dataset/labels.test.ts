/** Images with several labels: how a manifest says them, how they are split, and what is warned of. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, writeTwoAttributes, writeTwoColours } from '../../test/pictures.ts';
import { labelsOf, multiHot } from './labels.ts';
import { openImages } from './open.ts';
import { scanImages } from './scan.ts';
import { stratifiedSplit } from './split.ts';
import { datasetWarnings } from './warnings.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const manifest = async (...lines: string[]) => {
  const file = join(folder, 'list.csv');
  await writeFile(file, lines.join('\n'));
  return file;
};

describe('a manifest', () => {
  it('has several labels where any cell has a |; odd cells mean what is left of them', async () => {
    const cells = ['b', ' b |a', 'a|a', 'c||b|', '', '|', ' | | ', '"c, d|a"'];
    const found = await scanImages(await manifest('path,label', ...cells.map((cell, i) => `${i}.png,${cell}`)));
    expect(found.labels).toBe('multi');
    expect(found.classes).toEqual(['a', 'b', 'c', 'c, d']);
    expect(found.images.map(({ classNames }) => classNames)).toEqual([
      ['b'],
      ['b', 'a'],
      ['a'],
      ['c', 'b'],
      [],
      [],
      [],
      ['c, d', 'a'],
    ]);
  });

  it('may be told what it has: a class with a | in its name, or labels of which no image has two', async () => {
    const odd = await manifest('labels,path', 'a|b,1.png', 'c,2.png');
    expect((await scanImages(odd, 'single')).classes).toEqual(['a|b', 'c']);
    const apart = await manifest('path,label', '1.png,a', '2.png,b', '3.png,');
    await expect(scanImages(apart)).rejects.toThrow('line 4: the label is empty');
    const found = await scanImages(apart, 'multi');
    expect([found.labels, found.images[2]!.classNames]).toEqual(['multi', []]);
  });

  it('is refused where a label is in no training image, or there is one label only', async () => {
    const unseen = await manifest('path,label,split', '1.png,a,train', '2.png,a|b,test');
    await expect(scanImages(unseen)).rejects.toThrow("Class 'b' of");
    await expect(scanImages(await manifest('path,label', '1.png,a|', '2.png,'))).rejects.toThrow('one class only');
  });
});

describe('openImages', () => {
  it('gives the numbers of the labels, and -1 for the class that there is not', async () => {
    const data = await openImages(await writeTwoAttributes(folder, 5), { resize: 8 });
    expect([data.labels, data.classes]).toEqual(['multi', ['bright', 'red']]);
    const all = Object.values(data.splits).flat();
    expect(new Set(all.map(({ label }) => label))).toEqual(new Set([-1]));
    const targets = new Map(all.map((example) => [example.name, example.targets]));
    expect(['none-0.png', 'red-1.png', 'bright-red-2.png'].map((name) => targets.get(name))).toEqual([[], [1], [0, 1]]);
    // Of each of the four kinds: the rarest label decides, and both are equally rare.
    expect(data.splits.test).toHaveLength(4);
    expect(data.warnings.at(-1)).toMatch(/^5 images have no label, such as none-0\.png/);
  });

  it('leaves folders as they were', async () => {
    await writeTwoColours(folder, 3);
    const { labels, splits } = await openImages(folder, { resize: 8 });
    expect(labels).toBe('single');
    expect(splits.train[0]).not.toHaveProperty('targets');
    expect(labelsOf(splits.train[0]!)).toEqual([splits.train[0]!.label]);
  });
});

describe('stratifiedSplit of several labels', () => {
  const share = (splits: readonly string[], from: number, to: number) =>
    splits.slice(from, to).filter((split) => split === 'test').length / (to - from);

  it('keeps the share of the rarest label', () => {
    const examples = Array.from({ length: 110 }, (_, i) => ({ label: -1, targets: i < 10 ? [0, 1] : [0] }));
    const splits = stratifiedSplit(examples, 1);
    expect([share(splits, 0, 10), share(splits, 10, 110)]).toEqual([0.2, 0.2]);
  });

  it('leaves an example of every label to learn from, also of one that is never the rarest', () => {
    // Label 2 is on one image of each of the others, which have two images each.
    const examples = [[0, 2], [0], [1, 2], [1]].map((targets) => ({ label: -1, targets }));
    for (let seed = 0; seed < 20; seed++) {
      const splits = stratifiedSplit(examples, seed, { test: 0.5, validation: 0 });
      const trained = examples.filter((_, i) => splits[i] === 'train').flatMap(({ targets }) => targets);
      expect(new Set(trained)).toEqual(new Set([0, 1, 2]));
    }
  });
});

it('multiHot has a row for each example, and refuses what is no class', () => {
  const examples = [{ label: -1, targets: [0, 2] }, { label: -1, targets: [] }, { label: 1 }];
  expect([...multiHot(examples, 3)]).toEqual([1, 0, 1, 0, 0, 0, 0, 1, 0]);
  expect(() => multiHot(examples, 2)).toThrow('label 2 is not in 0..1');
});

it('datasetWarnings names copies with other labels, and does not advise to balance', () => {
  const image = (name: string, content: string, ...targets: number[]) => {
    return { name, label: -1, targets, split: 'train' as const, content };
  };
  const many = Array.from({ length: 20 }, (_, i) => image(`${i}.png`, String(i), 0));
  const warnings = datasetWarnings(['a', 'b'], [...many, image('x.png', '3', 0, 1), image('y.png', 'y', 1)]);
  expect(warnings[0]).toBe("1 picture is there with different labels, such as 3.png ('a') and x.png ('a' and 'b').");
  expect(warnings.at(-1)).toMatch(/21 training images and 'b' has 2 .*Look at macro F1 and at the average precision/);
});
