/** Every score of labelled features: what they have in common. Their values have a test each. */
import { describe, expect, it } from 'vitest';
import { type Dense, labelled, multiply, randomDense, randomRotation } from '../../test/dense.ts';
import { hScore, shrunkHScore } from './h-score.ts';
import type { LabelledFeatures } from './labelled-features.ts';
import { logMe } from './log-me.ts';
import { transRate } from './trans-rate.ts';

const SCORES: Record<string, (features: LabelledFeatures) => number> = { logMe, hScore, shrunkHScore, transRate };

/** Three classes with means apart. */
function clustered(count: number, size: number, distance: number): { rows: Dense; labels: number[] } {
  const labels = Array.from({ length: count }, (_, i) => i % 3);
  const means = randomDense(3, size, 1);
  const rows = randomDense(count, size, 2).map((row, i) =>
    row.map((value, j) => Math.fround(value + distance * means[labels[i]!]![j]!)),
  );
  return { rows, labels };
}

describe.each(Object.entries(SCORES))('%s', (_, score) => {
  describe.each([
    ['more examples than features', 40, 6],
    ['fewer examples than features', 12, 20],
  ])('with %s', (_, count, size) => {
    const { rows, labels } = clustered(count, size, 0.7);
    const value = score(labelled(rows, labels));

    it('does not depend on the order of the examples', () => {
      const order = [...rows.keys()].sort((i, j) => ((i * 7) % count) - ((j * 7) % count));
      expect(
        score(
          labelled(
            order.map((i) => rows[i]!),
            order.map((i) => labels[i]!),
          ),
        ),
      ).toBeCloseTo(value, 9);
    });
    it('does not depend on the names of the classes, nor on classes without examples', () => {
      expect(
        score(
          labelled(
            rows,
            labels.map((label) => [4, 0, 2][label]!),
          ),
        ),
      ).toBeCloseTo(value, 9);
    });
    it('does not depend on a rotation of the features', () => {
      // Rotated features are rounded to single precision.
      expect(score(labelled(multiply(rows, randomRotation(size, 5)), labels))).toBeCloseTo(value, 4);
    });
    it('takes a class of one example, and a thousand to one', () => {
      const one = labels.map((_, i) => (i === 3 ? 1 : 0));
      expect(score(labelled(rows, one))).toBeTypeOf('number');
      expect(Number.isFinite(score(labelled(rows, one)))).toBe(true);
      const many = randomDense(1001, 4, 3);
      expect(
        Number.isFinite(
          score(
            labelled(
              many,
              many.map((_, i) => (i === 500 ? 1 : 0)),
            ),
          ),
        ),
      ).toBe(true);
    });
    it('is unmoved by a column of zeros, and finite with constant columns and a single class', () => {
      const wider = rows.map((row) => [...row, 0]);
      if (score !== shrunkHScore) expect(score(labelled(wider, labels))).toBeCloseTo(value, 9);
      expect(
        Number.isFinite(
          score(
            labelled(
              rows.map((row) => [...row, 0.1]),
              labels,
            ),
          ),
        ),
      ).toBe(true);
      expect(
        Number.isFinite(
          score(
            labelled(
              rows,
              labels.map(() => 0),
            ),
          ),
        ),
      ).toBe(true);
    });
  });

  it('is higher where the classes are further apart', () => {
    const near = clustered(60, 5, 0.1);
    const far = clustered(60, 5, 1.5);
    expect(score(labelled(far.rows, far.labels))).toBeGreaterThan(score(labelled(near.rows, near.labels)));
  });
  it('has a value where all features are identical', () => {
    for (const [count, size] of [
      [9, 3],
      [3, 9],
    ] as const) {
      const same = Array.from({ length: count }, () => new Array<number>(size).fill(0.1));
      const value = score(
        labelled(
          same,
          same.map((_, i) => i % 3),
        ),
      );
      if (score === logMe) expect(Number.isFinite(value)).toBe(true);
      else expect(value).toBe(0);
    }
  });
  it('refuses lengths that disagree, and values that are not finite', () => {
    const { rows, labels } = clustered(6, 2, 1);
    expect(() => score(labelled(rows, labels.slice(1)))).toThrow(RangeError);
    expect(() => score(labelled(rows, [...labels.slice(1), -1]))).toThrow('label -1 of example 5');
    expect(() => score({ ...labelled(rows, labels), size: 0 })).toThrow(RangeError);
    expect(() => score({ values: new Float32Array(), size: 2, labels: new Int32Array() })).toThrow('no examples');
    expect(() => score(labelled([[1], [Number.NaN]], [0, 1]))).toThrow('feature 0 of example 1 is NaN');
  });
});
