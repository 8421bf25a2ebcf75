/** The generated data: reproducible, balanced, of the promised form, and of classes that differ in more than colour. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, Random, selectBackend } from '@attune/core';
import { imageSource, openImages } from '@attune/vision';
import { loadPretrained } from '@attune/zoo/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIXTURES_DIRECTORY, imageTaskExamples, TASKS, writeImageTask } from './index.ts';
import { disc, frame, heart, polygon, star } from './shapes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fixtures-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('outlines', () => {
  it('are negative inside and positive outside, with the distance at straight edges', () => {
    expect(disc(0, 0)).toBeCloseTo(-0.95, 6);
    expect(disc(1.95, 0)).toBeCloseTo(1, 6);
    expect(polygon(4)(0, -1)).toBeCloseTo(0, 6); // a corner, straight up
    expect(polygon(4)(0, 0)).toBeCloseTo(-Math.SQRT1_2, 6);
    expect(star(5, 0.45)(0, -1)).toBeCloseTo(0, 6);
    expect(star(5, 0.45)(0, 0)).toBeLessThan(-0.3);
    expect(star(5, 0.45)(0, 1)).toBeGreaterThan(0.3); // between two points, below
    expect([frame(0, 0) > 0, frame(0.68, 0) < 0, heart(0, 0.2) < 0, heart(0, 1) > 0, heart(0, -0.7) > 0]).toEqual(
      Array(5).fill(true),
    );
  });
});

describe.each(Object.values(TASKS).map((task) => [task.name, task] as const))('task %s', (_, task) => {
  it('draws the same picture from the same numbers, and another from others', () => {
    for (const label of task.classes.keys()) {
      const draw = (seed: number) => task.render(label, Random.fromSeed(seed));
      expect(draw(1)).toHaveLength(32 * 32 * 3);
      expect(draw(1)).toEqual(draw(1));
      expect(draw(1)).not.toEqual(draw(2));
    }
  });

  it('is written as folders that open as a data set, byte for byte the same', async () => {
    const [first, second] = [join(folder, 'a'), join(folder, 'b')];
    for (const target of [first, second])
      await writeImageTask(target, task, { perClass: { train: 3, test: 2 }, seed: 4 });
    const dataset = await openImages(first, { resize: 32, shares: { validation: 0, test: 0 } });
    expect(dataset.classes).toEqual([...task.classes].sort());
    expect([dataset.splits.train.length, dataset.splits.test.length]).toEqual([
      3 * task.classes.length,
      2 * task.classes.length,
    ]);
    expect((await openImages(second, { resize: 32 })).fingerprint).toBe(dataset.fingerprint);
    // The same pictures as in memory, where classes are in the task's own order.
    const inMemory = imageTaskExamples(task, 'train', 3, 4);
    for (const example of dataset.splits.train) {
      const twin = inMemory.find(({ name }) => `${name.replace(/(\d)$/, '00$1')}.png` === example.name)!;
      expect((await twin.pixels()).data).toEqual((await example.pixels()).data);
    }
  });
});

it('larger sets begin with the smaller ones, and splits share no picture', async () => {
  await writeImageTask(folder, TASKS.similar, { perClass: { train: 2, test: 2 }, seed: 1 });
  const file = (name: string) => readFile(join(folder, name));
  const small = await file('train/heart/001.png');
  expect(small.equals(await file('test/heart/001.png'))).toBe(false);
  await writeImageTask(folder, TASKS.similar, { perClass: { train: 4 }, seed: 1 });
  expect(small.equals(await file('train/heart/001.png'))).toBe(true);
  expect(await readdir(join(folder, 'train', 'heart'))).toHaveLength(4);
});

it('the committed weights name fresh pictures of the source task as their record says', async () => {
  await selectBackend();
  const network = await loadPretrained('shapes_cnn', { dataDirectories: [FIXTURES_DIRECTORY] });
  const record = JSON.parse(
    await readFile(join(FIXTURES_DIRECTORY, 'vision/shapes_cnn/shapes_cnn.json'), 'utf8'),
  ) as Record<string, number>;
  expect(network.classes).toBe(TASKS.shapes.classes.length);
  // Seed 2: pictures that neither training nor the record's test has seen.
  const source = imageSource(imageTaskExamples(TASKS.shapes, 'test', 20, 2), {
    preprocessing: network.preprocessing,
    classes: network.classes,
  });
  const { accuracy } = await evaluate({ network, source, batchSize: 50 });
  expect(record['test/accuracy']).toBeGreaterThan(0.9);
  // 200 pictures: within three standard errors of the record.
  expect(Math.abs(accuracy - record['test/accuracy']!)).toBeLessThan(0.06);
  network.dispose();
});
