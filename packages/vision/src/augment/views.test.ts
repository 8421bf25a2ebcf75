/** Views for test-time augmentation are where they say, and their average is what is evaluated and predicted. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageNetwork } from '@attune/core';
import { selectBackend, tf, UserError } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture, save, temporaryFolder } from '../../test/pictures.ts';
import type { Example } from '../dataset/open.ts';
import { evaluateImages } from '../evaluate.ts';
import { decodeImage, type Pixels } from '../images/decode.ts';
import { preprocess } from '../images/preprocess.ts';
import { predictImages } from '../predict.ts';
import { VIEWS_NAMES, type ViewsName, viewOf, viewsOf } from './views.ts';

await selectBackend({ prefer: 'cpu' });

/** Red says the column, green the row. */
const image: Pixels = {
  width: 6,
  height: 5,
  data: Uint8Array.from({ length: 90 }, (_, i) => [Math.floor(i / 3) % 6, Math.floor(i / 18), 0][i % 3]!),
};
const corner = (view: Float32Array) => [view[0], view[1]];

describe('viewsOf', () => {
  it('looks at the corners and the centre, both ways round', () => {
    expect(VIEWS_NAMES.map((name) => viewsOf(name).length)).toEqual([1, 2, 10]);
    const looks = viewsOf('five-crop+flip').map((view) => corner(viewOf(image, 3, view)));
    expect(looks).toEqual([
      [1, 1],
      [3, 1],
      [0, 0],
      [2, 0],
      [3, 0],
      [5, 0],
      [0, 2],
      [2, 2],
      [3, 2],
      [5, 2],
    ]);
    expect(() => viewsOf('flop' as ViewsName)).toThrow(UserError);
    expect(() => viewsOf('flop' as ViewsName)).toThrow(/Did you mean flip/);
  });
});

describe('averaged probabilities', () => {
  let folder: string;
  let network: ImageNetwork;
  let file: string;
  let pixels: Pixels;
  const wanted = (name: ViewsName): Float32Array => {
    const views = viewsOf(name);
    const { preprocessing } = network;
    const { size } = preprocessing;
    return tf.tidy(() => {
      const rows = views.map((view) => {
        const values = new Float32Array(size * size * 3);
        preprocess(viewOf(pixels, size, view), preprocessing, values, 0);
        return tf.softmax(network.apply(tf.tensor4d(values, [1, size, size, 3])));
      });
      return tf.mean(tf.concat(rows), 0).dataSync() as Float32Array;
    });
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const made = createNetwork('shapes_cnn', { classes: 3, seed: 4, size: 16 });
    network = Object.create(made, { preprocessing: { value: { ...made.preprocessing, resize: 24 } } }) as ImageNetwork;
    file = join(folder, 'a.png');
    await save(file, await picture(48, 36, [120, 90, 200], 100).png().toBuffer());
    pixels = await decodeImage(await picture(48, 36, [120, 90, 200], 100).png().toBuffer(), 24, 'a');
  });
  afterAll(async () => {
    network.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(VIEWS_NAMES)('%s: as worked out one by one', async (views) => {
    const probabilities = wanted(views);
    const [prediction] = await predictImages(network, ['a', 'b', 'c'], [file], { views });
    for (const { label, probability } of prediction!.classes!)
      expect(probability).toBeCloseTo(probabilities['abc'.indexOf(label)]!, 4);
    const examples: Example[] = [0, 1, 2].map((label) => ({ name: `${label}`, label, pixels: async () => pixels }));
    const before = tf.memory().numTensors;
    const { metrics, predictions } = await evaluateImages(network, examples, { views, batchSize: 4 });
    expect(tf.memory().numTensors).toBe(before);
    const loss = -probabilities.reduce((sum, value) => sum + Math.log(value), 0) / 3;
    expect(metrics.loss).toBeCloseTo(loss, 3);
    expect(metrics.accuracy).toBeCloseTo(1 / 3, 6);
    expect(new Set(predictions.map((one) => one.prediction))).toEqual(
      new Set([probabilities.indexOf(Math.max(...probabilities))]),
    );
  });

  it('differ from view to view', () => {
    const all = VIEWS_NAMES.map((name) => wanted(name).join());
    expect(new Set(all).size).toBe(3);
  });
});
