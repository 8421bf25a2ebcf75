import { describe, expect, it } from 'vitest';
import { labelled, multiply, randomDense, randomRotation } from '../../test/dense.ts';
import { nearestNeighbourAccuracy } from './nearest-neighbours.ts';

describe('nearestNeighbourAccuracy', () => {
  it('counts by hand', () => {
    // Nearest of 0, 1, 3, 7, 8 on a line: 1, 0, 1, 8, 7.
    const features = labelled([[0], [1], [3], [7], [8]], [0, 0, 1, 1, 1]);
    expect(nearestNeighbourAccuracy(features, { k: 1, metric: 'euclidean' })).toBe(4 / 5);
    // Three nearest: of 0: 1 3 7; of 1: 0 3 7 (7 is at 6, 8 at 7); of 3: 1 0 7; of 7: 8 3 1; of 8: 7 3 1.
    expect(nearestNeighbourAccuracy(features, { k: 3, metric: 'euclidean' })).toBe(2 / 5);
  });
  it('compares directions by cosine', () => {
    const rows = [
      [1, 0],
      [90, 1],
      [0, 2],
      [1, 80],
    ];
    expect(nearestNeighbourAccuracy(labelled(rows, [0, 0, 1, 1]), { k: 1 })).toBe(1);
    // On the plane the first and the third, of two classes, are each other's nearest.
    expect(nearestNeighbourAccuracy(labelled(rows, [0, 0, 1, 1]), { k: 1, metric: 'euclidean' })).toBe(2 / 4);
  });
  it('lets all that are equally near vote, and splits what is equal in all', () => {
    // Both neighbours of 0 are at 1; one of them is right: half a point. -1 and 1 have only 0 nearest: none.
    const tied = labelled([[-1], [0], [1]], [0, 1, 1]);
    expect(nearestNeighbourAccuracy(tied, { k: 1, metric: 'euclidean' })).toBe((0 + 1 / 2 + 1) / 3);
    const same = [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ];
    for (const metric of ['cosine', 'euclidean'] as const) {
      // Each of the three sees 2 : 2 and draws; each of the two sees 3 : 1.
      expect(nearestNeighbourAccuracy(labelled(same, [0, 0, 0, 1, 1]), { k: 1, metric })).toBeCloseTo(1.5 / 5, 12);
    }
  });
  it.each(['cosine', 'euclidean'] as const)('by %s agrees with sorting all distances, in any order', (metric) => {
    const rows = randomDense(150, 6, 3);
    const labels = rows.map((row) => (row[0]! > 0 ? 1 : 0) + (row[1]! > 0.4 ? 1 : 0));
    const distance = (a: number[], b: number[]) => {
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
      if (metric === 'cosine') return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
      return Math.hypot(...a.map((value, i) => value - b[i]!));
    };
    let right = 0;
    rows.forEach((row, i) => {
      const others = [...rows.keys()]
        .filter((j) => j !== i)
        .sort((j, l) => distance(row, rows[j]!) - distance(row, rows[l]!));
      const nearest = others.slice(0, 7).map((j) => labels[j]!);
      const votes = [0, 1, 2].map((c) => nearest.filter((label) => label === c).length);
      // Of equally many votes, the class that comes first among the nearest.
      const winner = nearest.find((label) => votes[label] === Math.max(...votes));
      if (winner === labels[i]) right++;
    });
    expect(nearestNeighbourAccuracy(labelled(rows, labels), { k: 7, metric })).toBeCloseTo(right / 150, 12);
    const turned = multiply([...rows].reverse(), randomRotation(6, 2));
    const renamed = [...labels].reverse().map((label) => [5, 0, 3][label]!);
    expect(nearestNeighbourAccuracy(labelled(turned, renamed), { k: 7, metric })).toBeCloseTo(right / 150, 12);
  });
  it('takes zeros, more neighbours than there are, and refuses what has none', () => {
    expect(nearestNeighbourAccuracy(labelled([[0], [0], [1]], [1, 1, 0]), { k: 99 })).toBeGreaterThan(0);
    expect(() => nearestNeighbourAccuracy(labelled([[0]], [0]))).toThrow('no neighbours');
    expect(() => nearestNeighbourAccuracy(labelled([[0], [1]], [0, 1]), { k: 0 })).toThrow(RangeError);
    expect(() => nearestNeighbourAccuracy({ ...labelled([[0], [1]], [0, 1]), size: 2 })).toThrow(RangeError);
  });
});
