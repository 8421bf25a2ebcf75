/** Memory: pixels up to the bound, and little more for each further image. Resident memory is measured in bench/loading.ts. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Random } from '@attune/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { picture, temporaryFolder } from '../../test/pictures.ts';
import { DEFAULT_AUGMENTATION } from '../augment/augmentation.ts';
import { imageSource } from '../batches.ts';
import { openImages } from './open.ts';

const [FEW, MANY] = [1000, 5000];
const PIXELS = 1024 * 1024;
const SIDE = 24;

let folder: string;
let collect: () => void;
beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
  folder = await temporaryFolder();
  const bytes = await picture(8, 8, [200, 10, 90]).png().toBuffer();
  for (const count of [FEW, MANY])
    for (const [label, name] of ['a', 'b'].entries()) {
      const path = join(folder, String(count), name);
      await mkdir(path, { recursive: true });
      // One picture; what follows its end makes the files differ.
      for (let i = label; i < count; i += 2)
        await writeFile(join(path, `${i}.png`), Buffer.concat([bytes, Buffer.from(String(i))]));
    }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bytes of heap and buffers in use while an opened data set is held after an epoch of batches. */
async function held(count: number): Promise<{ heap: number; buffers: number }> {
  const dataset = await openImages(join(folder, String(count)), { resize: SIDE, memory: PIXELS });
  const preprocessing = { size: SIDE, resize: SIDE, channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1] } as const;
  const source = imageSource(dataset.splits.train, { preprocessing, classes: 2, augmentation: DEFAULT_AUGMENTATION });
  const request = { epoch: 0, batchSize: 64, firstBatch: 0, random: Random.fromSeed(1) };
  let seen = 0;
  for await (const { labels } of source.batches(request)) seen += labels.length;
  const used = await usage();
  expect(seen).toBe(dataset.splits.train.length);
  return used;
}

async function usage(): Promise<{ heap: number; buffers: number }> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise(setImmediate); // buffers are given back after their objects
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: external };
}

it('does not grow with the number of images, but for their names', async () => {
  await held(FEW); // code is compiled, caches are filled
  const none = await usage();
  const [few, many] = [await held(FEW), await held(MANY)];
  // Unbounded, the pixels of 5,000 images would take 8.6 MB, those of 1,000 1.7 MB.
  expect(few.buffers - none.buffers).toBeGreaterThan(0.5 * PIXELS);
  expect(many.buffers - few.buffers).toBeLessThan(0.3 * PIXELS);
  expect((many.heap - few.heap) / (MANY - FEW)).toBeLessThan(1024);
});
