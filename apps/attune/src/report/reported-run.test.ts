/** What is chosen and said of runs on images. */
import { describe, expect, it } from 'vitest';
import { choosePictures } from './reported-run.ts';

describe('choosePictures', () => {
  const predictions = (pairs: readonly [number, number][]) =>
    pairs.map(([label, prediction], i) => ({ name: String(i), label, prediction }));

  it('takes the missed first, from the classes in turn', () => {
    const pairs: [number, number][] = [
      [0, 0],
      [0, 1],
      [0, 1],
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    expect(choosePictures(predictions(pairs))).toEqual([1, 3, 2, 0, 4, 5]);
  });

  it('takes at most six of each kind', () => {
    const missed = Array.from({ length: 20 }, (): [number, number] => [0, 1]);
    const right = Array.from({ length: 20 }, (): [number, number] => [1, 1]);
    expect(choosePictures(predictions([...missed, ...right]))).toHaveLength(12);
    expect(choosePictures([])).toEqual([]);
  });
});
