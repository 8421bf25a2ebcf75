import { selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { causalMask, groupedAttention, maskAfter } from './grouped-attention.ts';

beforeAll(async () => void (await selectBackend({ prefer: 'cpu' })));

const random = (shape: [number, number, number, number], seed: number) =>
  tf.randomNormal(shape, 0, 1, 'float32', seed) as tf.Tensor4D;

/** The definition in plain loops; query i sees keys up to `last(i)`. */
function byDefinition(
  queries: tf.Tensor4D,
  keys: tf.Tensor4D,
  values: tf.Tensor4D,
  last: (i: number) => number,
): number[] {
  const [q, k, v] = [queries, keys, values].map((x) => x.arraySync() as number[][][][]) as [
    number[][][][],
    number[][][][],
    number[][][][],
  ];
  const group = queries.shape[1] / keys.shape[1];
  return q.flatMap((heads, n) =>
    heads.flatMap((rows, head) =>
      rows.flatMap((row, i) => {
        const [ks, vs] = [k[n]![Math.floor(head / group)]!, v[n]![Math.floor(head / group)]!];
        const powers = ks
          .slice(0, last(i) + 1)
          .map((key) => Math.exp(key.reduce((sum, x, d) => sum + x * row[d]!, 0) / Math.sqrt(row.length)));
        const total = powers.reduce((sum, power) => sum + power, 0);
        return row.map((_, d) => powers.reduce((sum, power, t) => sum + (power / total) * vs[t]![d]!, 0));
      }),
    ),
  );
}

describe('groupedAttention', () => {
  it.each([
    [4, 4],
    [4, 2],
    [6, 1],
  ])('is the definition with %i heads of queries and %i of keys', (heads, keyHeads) => {
    const [queries, keys, values] = [
      random([2, heads, 5, 3], 1),
      random([2, keyHeads, 5, 3], 2),
      random([2, keyHeads, 5, 3], 3),
    ];
    const maskedScores = causalMask(5);
    const actual = groupedAttention({ queries, keys, values, maskedScores, dropout: 0 });
    expect(actual.shape).toEqual(queries.shape);
    const expected = byDefinition(queries, keys, values, (i) => i);
    expect([...actual.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });

  it('lets one query see the places up to its position', () => {
    const [queries, keys, values] = [random([2, 4, 1, 3], 1), random([2, 2, 6, 3], 2), random([2, 2, 6, 3], 3)];
    const maskedScores = maskAfter(tf.scalar(3, 'int32'), 6);
    const actual = groupedAttention({ queries, keys, values, maskedScores, dropout: 0 });
    const expected = byDefinition(queries, keys, values, () => 3);
    expect([...actual.dataSync()]).toEqual(expected.map((value) => expect.closeTo(value, 5)));
  });
});
