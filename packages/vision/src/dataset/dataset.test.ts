/** Finding, splitting and opening data sets, and the line that each fault gets. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@attune/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { picture, save, temporaryFolder, writeTwoColours } from '../../test/pictures.ts';
import { mapInOrder } from './map-in-order.ts';
import { openImages } from './open.ts';
import { scanImages } from './scan.ts';
import { stratifiedSplit } from './split.ts';

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const png = () => picture(8, 8, [9, 9, 9]).png().toBuffer();
const names = (found: { images: readonly { name: string }[] }) => found.images.map(({ name }) => name);

describe('scanImages', () => {
  it('takes a folder for each class, at any depth, and knows images by their extension', async () => {
    for (const name of [
      'b/2.PNG',
      'b/deep/1.jpeg',
      'a/x.webp',
      'a/notes.txt',
      'a/.hidden.png',
      'a/y.tiff',
      'README.md',
    ])
      await save(join(folder, name), '');
    const found = await scanImages(folder);
    expect(found.classes).toEqual(['a', 'b']);
    expect(names(found)).toEqual(['a/x.webp', 'b/2.PNG', 'b/deep/1.jpeg']);
    expect(found.foreign).toEqual(['a/y.tiff']);
    expect(found.images[0]!.split).toBeUndefined();
  });

  it('takes train, val and test for splits', async () => {
    for (const name of ['train/a/1.png', 'train/b/1.png', 'Val/a/1.png', 'test/b/1.png'])
      await save(join(folder, name), '');
    const found = await scanImages(folder);
    expect(found.classes).toEqual(['a', 'b']);
    expect(found.images.map(({ name, split }) => [name, split])).toEqual([
      ['Val/a/1.png', 'validation'],
      ['test/b/1.png', 'test'],
      ['train/a/1.png', 'train'],
      ['train/b/1.png', 'train'],
    ]);
  });

  it('reads a manifest with quoted cells, its paths relative to itself', async () => {
    const file = join(folder, 'list.csv');
    await writeFile(
      file,
      '\ufeffsplit,label,path\r\ntrain,"cats, ""big""",x/1.png\r\n\r\ntest,"cats, ""big""",2.png\ntraining,dogs,3.png',
    );
    const found = await scanImages(file);
    expect(found.classes).toEqual(['cats, "big"', 'dogs']);
    expect(found.images[2]).toEqual({
      name: 'x/1.png',
      file: join(folder, 'x/1.png'),
      classNames: ['cats, "big"'],
      split: 'train',
    });
  });

  it.each([
    ['path,lable\na,b', /no column 'label'/],
    ['path,label\na.png,x\nb.png', /line 3: 1 cells instead of 2/],
    ['path,label\na.png,x\nb.png,', /line 3: the label is empty/],
    ['path,label\n,x', /line 2: the path is empty/],
    ['path,label\na.png,x\na.png,y', /line 3: a.png is on line 2 already/],
    ['path,label,split\na.png,x,tset', /line 2: there is no split 'tset'. Did you mean test/],
    ['path,label,split\na.png,x,train\nb.png,y,', /a split to some images only/],
    ['path,label,split\na.png,x,train\nb.png,y,test', /Class 'y' .* no image in the split train/],
    ['path,label\n"a.png,x', /line 2: a quote is never closed/],
    ['path,label\n', /lists no images/],
    ['path,label\na.png,x\nb.png,x', /one class only \('x'\)/],
    ['', /no column 'path'/],
  ])('refuses the manifest %j', async (text, message) => {
    const file = join(folder, 'list.csv');
    await writeFile(file, text);
    await expect(scanImages(file)).rejects.toThrow(UserError);
    await expect(scanImages(file)).rejects.toThrow(message);
  });

  it.each([
    ['a missing folder', [], 'nowhere', /There is no data at .*nowhere/],
    ['a file', ['photo.jpg'], 'photo.jpg', /photo\.jpg is a file/],
    ['an empty folder', ['x.txt'], '', /holds no folders/],
    [
      'an empty class folder',
      ['a/1.png', 'b/readme.txt'],
      '',
      /Class folder .*b holds no JPEG, PNG, WebP or GIF images/,
    ],
    ['one class only', ['a/1.png', 'a/2.png'], '', /one class only \('a'\)/],
    [
      'splits among classes',
      ['train/a/1.png', 'train/b/1.png', 'c/1.png'],
      '',
      /both splits \(train\) and other folders \(c\)/,
    ],
    ['a split without classes', ['train/1.png'], '', /train holds no folders/],
    [
      'a class that is not trained',
      ['train/a/1.png', 'train/b/1.png', 'test/c/1.png'],
      '',
      /Class 'c' .* not in its train folder/,
    ],
  ])('refuses %s', async (_, files, path, message) => {
    for (const file of files) await save(join(folder, file), '');
    await expect(scanImages(join(folder, path))).rejects.toThrow(UserError);
    await expect(scanImages(join(folder, path))).rejects.toThrow(message);
  });
});

describe('stratifiedSplit', () => {
  const examples = (...counts: number[]) =>
    counts.flatMap((count, label) => Array.from({ length: count }, () => ({ label })));
  const count = (splits: string[], name: string, from = 0, to = splits.length) =>
    splits.slice(from, to).filter((split) => split === name).length;

  it("keeps each class's share in every split", () => {
    const splits = stratifiedSplit(examples(100, 20), 1);
    expect([count(splits, 'test', 0, 100), count(splits, 'validation', 0, 100)]).toEqual([20, 12]);
    expect([count(splits, 'test', 100), count(splits, 'validation', 100)]).toEqual([4, 2]);
  });

  it('depends on the seed, and not on the other classes', () => {
    const splits = stratifiedSplit(examples(50, 50), 1);
    expect(stratifiedSplit(examples(50, 50), 1)).toEqual(splits);
    expect(stratifiedSplit(examples(50, 50), 2)).not.toEqual(splits);
    expect(stratifiedSplit(examples(50, 7), 1).slice(0, 50)).toEqual(splits.slice(0, 50));
  });

  it('leaves at least one example to learn from', () => {
    expect(stratifiedSplit(examples(1, 2, 3), 1).slice(0, 1)).toEqual(['train']);
    for (const [from, to] of [
      [1, 3],
      [3, 6],
    ] as const)
      expect(count(stratifiedSplit(examples(1, 2, 3), 1), 'train', from, to)).toBe(1);
  });

  it('keeps splits that are given, and draws validation from train where there is none', () => {
    const given = [
      ...examples(40).map((e) => ({ ...e, split: 'train' as const })),
      { label: 0, split: 'test' as const },
    ];
    const splits = stratifiedSplit(given, 1);
    expect([count(splits, 'train'), count(splits, 'validation'), count(splits, 'test')]).toEqual([34, 6, 1]);
    expect(splits[40]).toBe('test');
    const whole = [...given, { label: 0, split: 'validation' as const }];
    expect(count(stratifiedSplit(whole, 1), 'validation')).toBe(1);
  });
});

describe('openImages', () => {
  it('decodes to the wanted size, and gives the same from memory and from files', async () => {
    await writeTwoColours(folder, 6, 12);
    const options = { resize: 10, seed: 3 };
    const dataset = await openImages(folder, options);
    expect(dataset.classes).toEqual(['blue', 'red']);
    expect(Object.values(dataset.splits).map((split) => split.length)).toEqual([8, 2, 2]);
    const fromFiles = await openImages(folder, { ...options, memory: 0 });
    for (const [i, example] of dataset.splits.train.entries()) {
      const pixels = await example.pixels();
      expect([pixels.width, pixels.height]).toEqual([10, 10]);
      expect(fromFiles.splits.train[i]!.name).toBe(example.name);
      expect((await fromFiles.splits.train[i]!.pixels()).data).toEqual(pixels.data);
    }
  });

  it('has a fingerprint that follows names and contents alone', async () => {
    await writeTwoColours(folder, 3);
    const print = async () => (await openImages(folder, { resize: 8 })).fingerprint;
    const first = await print();
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect((await openImages(folder, { resize: 12, seed: 9 })).fingerprint).toBe(first);
    const other = await temporaryFolder();
    await writeTwoColours(other, 3);
    expect((await openImages(other, { resize: 8 })).fingerprint).toBe(first);
    await rm(other, { recursive: true });
    await save(join(folder, 'red/001.png'), await png());
    expect(await print()).not.toBe(first);
  });

  it('skips broken images and says which, or refuses the first', async () => {
    await writeTwoColours(folder, 4);
    const whole = await picture(64, 64, [9, 99, 9], 50).jpeg().toBuffer();
    await save(join(folder, 'blue/cut.jpg'), whole.subarray(0, whole.length / 2));
    await save(join(folder, 'red/page.jpg'), '<html>');
    await save(join(folder, 'red/z.bmp'), 'BM');
    const progress: number[] = [];
    const dataset = await openImages(folder, { resize: 8, onProgress: (done) => progress.push(done) });
    expect(dataset.skipped).toEqual([
      { name: 'red/z.bmp', reason: 'only JPEG, PNG, WebP and GIF can be read' },
      { name: 'blue/cut.jpg', reason: expect.stringContaining('cut short') },
      { name: 'red/page.jpg', reason: 'this is not a JPEG, PNG, WebP or GIF image' },
    ]);
    expect(Object.values(dataset.splits).flat()).toHaveLength(8);
    expect(progress).toEqual(Array.from({ length: 10 }, (_, i) => i + 1));
    await expect(openImages(folder, { resize: 8, onBroken: 'refuse' })).rejects.toThrow(/^blue\/cut\.jpg: /);
  });

  it('names a listed image that is not there, and a class of which none can be read', async () => {
    await save(join(folder, 'a.png'), await png());
    await writeFile(join(folder, 'list.csv'), 'path,label\na.png,x\nb.png,y\n');
    const opened = openImages(join(folder, 'list.csv'), { resize: 8 });
    await expect(opened).rejects.toThrow(UserError);
    await expect(opened).rejects.toThrow(/Class 'y' .* no readable image .* b\.png: it cannot be read \(ENOENT\)/);
  });
});

describe('mapInOrder', () => {
  it('keeps the order, works ahead by no more than it may, and passes errors on in their place', async () => {
    let running = 0;
    let most = 0;
    const work = async (i: number) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, (i * 7) % 5));
      running--;
      if (i === 6) throw new Error('six');
      return 10 * i;
    };
    const results: number[] = [];
    const run = (async () => {
      for await (const result of mapInOrder([1, 2, 3, 4, 5, 6, 7, 8], 3, work)) results.push(result);
    })();
    await expect(run).rejects.toThrow('six');
    expect(results).toEqual([10, 20, 30, 40, 50]);
    expect(most).toBe(3);
  });
});
