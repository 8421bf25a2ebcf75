import { type EpochRequest, Random } from '@attune/core';
import { describe, expect, it } from 'vitest';
import type { EncodedTexts } from './encode.ts';
import { byLength, textSource } from './source.ts';

/** Texts of the numbers 2, 3, ...: the first word of each is its own number, so that it is known again. */
function texts(count: number, parts: 1 | 2 = 1, seed = 1): EncodedTexts {
  const random = Random.fromSeed(seed);
  return {
    texts: Array.from({ length: count }, (_, i) => {
      const text = new Int32Array(parts * (1 + random.integer(random.integer(10) === 0 ? 200 : 20))).fill(1);
      text[0] = i + 2;
      return text;
    }),
    parts,
    labels: Int32Array.from({ length: count }, (_, i) => (i % 10 === 0 ? 1 : 0)),
    cut: { texts: 0, words: 0 },
  };
}

const request = (epoch: number, more: Partial<EpochRequest> = {}): EpochRequest => ({
  epoch,
  batchSize: 16,
  firstBatch: 0,
  random: Random.fromSeed(5).fork(epoch),
  ...more,
});

const all = async (source: ReturnType<typeof textSource>, asked: EpochRequest) => {
  const batches = [];
  for await (const batch of source.batches(asked)) batches.push(batch);
  return batches;
};
const examplesIn = (batches: Awaited<ReturnType<typeof all>>) =>
  batches.flatMap(({ inputs, labels }) => {
    const stride = inputs.length / labels.length;
    return Array.from(labels, (_, row) => inputs[row * stride]! - 2);
  });

describe('textSource', () => {
  it('gives every example once, in full batches but the last, in lengths of the buckets alone', async () => {
    const encoded = texts(1003);
    const source = textSource(encoded, { shuffle: true, window: 8 });
    const batches = await all(source, request(0));
    expect(batches.length).toBe(Math.ceil(1003 / 16));
    expect(batches.map(({ labels }) => labels.length)).toEqual([...new Array(62).fill(16), 11]);
    expect(examplesIn(batches).sort((a, b) => a - b)).toEqual(Array.from({ length: 1003 }, (_, i) => i));
    for (const { shape, inputs, labels } of batches) {
      expect(inputs).toBeInstanceOf(Int32Array);
      expect(inputs.length).toBe(labels.length * shape[0]!);
      expect(source.buckets).toContain(shape[0]);
    }
    const [first] = batches;
    const [number] = examplesIn([first!]);
    expect([...first!.inputs.subarray(0, first!.shape[0])].filter((word) => word !== 0)).toEqual([
      ...encoded.texts[number!]!,
    ]);
    expect(first!.labels[0]).toBe(encoded.labels[number!]);
  });

  it('goes on at any batch exactly as it would have, and has another order each epoch', async () => {
    const source = textSource(texts(500), { shuffle: true });
    const whole = await all(source, request(3));
    for (const firstBatch of [1, 17, whole.length - 1, whole.length])
      expect(await all(source, request(3, { firstBatch }))).toEqual(whole.slice(firstBatch));
    expect(examplesIn(await all(source, request(4)))).not.toEqual(examplesIn(whole));
  });

  it('computes far less padding than one length for all', () => {
    const { padding, fixedLength, saved, batches } = textSource(texts(4000), { shuffle: true }).padding(request(0));
    expect(fixedLength).toBeGreaterThan(0.85);
    expect(padding).toBeLessThan(0.4);
    expect(saved).toBeCloseTo(1 - (1 - fixedLength) / (1 - padding), 10);
    expect(Object.values(batches).reduce((sum, count) => sum + count)).toBe(250);
  });

  it('reports padding by hand: lengths 2, 2, 8, 8 in batches of two', () => {
    const lengths = [2, 8, 2, 8];
    const encoded = { ...texts(4), texts: lengths.map((length) => new Int32Array(length).fill(1)) };
    const source = textSource(encoded, { shuffle: true, buckets: [4, 8] });
    expect(source.padding({ epoch: 0, batchSize: 2, random: Random.fromSeed(1) })).toEqual({
      padding: 1 - 20 / 24,
      fixedLength: 1 - 20 / 32,
      saved: 0.25,
      batches: { 4: 1, 8: 1 },
    });
  });

  it('draws every class equally often when balanced', async () => {
    const batches = await all(textSource(texts(1000), { shuffle: 'balanced' }), request(0));
    const rare = batches.reduce((sum, { labels }) => sum + labels.reduce((a, b) => a + b), 0);
    expect(rare).toBe(500);
  });

  it('keeps the given order without shuffling, and pairs in two rows', async () => {
    const encoded = texts(50, 2);
    const batches = await all(textSource(encoded), request(0));
    expect(examplesIn(batches)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const { inputs, shape } = batches[0]!;
    expect(shape[0]).toBe(2);
    const own = encoded.texts[1]!.length / 2;
    const second = inputs.subarray(3 * shape[1]!, 4 * shape[1]!);
    expect([...second]).toEqual([...encoded.texts[1]!.subarray(own), ...new Array(shape[1]! - own).fill(0)]);
  });

  it('says what no bucket holds', () => {
    expect(() => textSource(texts(50), { buckets: [4] })).toThrow(/no bucket holds/);
    expect(() => textSource({ ...texts(1), texts: [], labels: new Int32Array(0) })).toThrow('there are no texts');
  });
});

describe('byLength', () => {
  it('sorts, and says where each came from', async () => {
    const encoded = texts(300);
    const { encoded: sorted, order } = byLength(encoded);
    expect(examplesIn(await all(textSource(sorted), request(0)))).toEqual(order);
    const plain = textSource(encoded).padding(request(0)).padding;
    expect(textSource(sorted).padding(request(0)).padding).toBeLessThan(plain / 2);
    expect([...sorted.labels]).toEqual(order.map((example) => encoded.labels[example]));
  });
});
