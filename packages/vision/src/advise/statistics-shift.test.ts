import { type ImageNetwork, networkValues, selectBackend, tf } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Example } from '../dataset/open.ts';
import { statisticsShift } from './statistics-shift.ts';
import { imageBatches } from './tap-features.ts';

await selectBackend();

/** Pictures of noise around a brightness. */
function pictures(count: number, brightness: number, contrast: number): Example[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `${i}`,
    label: i % 2,
    async pixels() {
      const data = new Uint8Array(16 * 16 * 3).map((_, p) => brightness + contrast * Math.sin(i * 37 + p * p));
      return { width: 16, height: 16, data };
    },
  }));
}

describe('the shift of statistics', () => {
  let network: ImageNetwork;
  beforeAll(() => {
    network = createNetwork('shapes_cnn', { classes: 2, seed: 1, size: 16 });
  });
  afterAll(() => network.dispose());

  it('is none for the pictures that the statistics are of, grows with other ones, and changes nothing', async () => {
    const own = pictures(16, 128, 60);
    const fresh = (await statisticsShift(network, own))!;
    // Statistics of 0 and 1 are nobody's.
    expect(fresh).toBeGreaterThan(0.05);
    await learnStatistics(own);
    const before = await networkValues(network);
    const none = (await statisticsShift(network, own))!;
    expect(none).toBeLessThan(1e-3);
    const near = (await statisticsShift(network, pictures(16, 138, 60)))!;
    const far = (await statisticsShift(network, pictures(16, 235, 15)))!;
    expect(near).toBeGreaterThan(none);
    expect(far).toBeGreaterThan(near);
    for (const [name, values] of await networkValues(network)) expect(values, name).toEqual(before.get(name));
  });

  /** As in a long training on the same pictures: 0.9^100 is left of what was there. */
  async function learnStatistics(examples: readonly Example[]): Promise<void> {
    for (const { variable } of network.parameters.values()) variable.trainable = true;
    for await (const { images } of imageBatches(network, examples, examples.length)) {
      for (let i = 0; i < 100; i++) tf.tidy(() => void network.features(images, { training: true }));
      images.dispose();
    }
  }

  it('is not there for a network without normalisations', async () => {
    const squeezenet = createNetwork('squeezenet1_0', { classes: 2, seed: 1, size: 35 });
    expect(await statisticsShift(squeezenet, pictures(2, 128, 60))).toBeUndefined();
    squeezenet.dispose();
  });
});
