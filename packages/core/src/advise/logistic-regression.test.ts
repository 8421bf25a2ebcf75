import { describe, expect, it } from 'vitest';
import { type Dense, labelled, multiply, randomDense, randomRotation } from '../../test/dense.ts';
import { type LogisticRegression, logisticRegression } from './logistic-regression.ts';

/** Gradient of the objective at the model, for features that were fitted as they are: by its definition, in plain loops. */
function gradient(model: LogisticRegression, rows: Dense, labels: number[], decay: number): number[] {
  const { classes, size, weights, biases } = model;
  const result = Array.from(weights, (weight) => decay * weight);
  const ofBiases = new Array<number>(classes).fill(0);
  rows.forEach((row, i) => {
    const logits = Array.from(biases, (bias, c) => row.reduce((sum, x, j) => sum + x * weights[c * size + j]!, bias));
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    for (let c = 0; c < classes; c++) {
      const error = (Math.exp(logits[c]!) / sum - (labels[i] === c ? 1 : 0)) / rows.length;
      ofBiases[c]! += error;
      for (let j = 0; j < size; j++) result[c * size + j]! += error * row[j]!;
    }
  });
  return [...result, ...ofBiases];
}

describe('logisticRegression', () => {
  it.each([
    [30, 4],
    [9, 15], // in the span of the rows
  ])('ends where the gradient is 0, %i examples of %i features', (count, size) => {
    const rows = randomDense(count, size, 3);
    const labels = rows.map((row, i) => (row[0]! > 0.2 ? 2 : i % 2));
    const model = logisticRegression(labelled(rows, labels), { decay: 0.05, standardize: false, tolerance: 1e-9 });
    expect(model.converged).toBe(true);
    for (const element of gradient(model, rows, labels, 0.05)) expect(Math.abs(element)).toBeLessThan(1e-8);
  });

  it('solves two points by hand', () => {
    // x = -1 and 1, w = (-v, v) by symmetry, no bias: mean loss log(1 + exp(-2 v)) + decay v^2; with v = log(3) / 2 the slope
    // -2 / (1 + 3) + 2 decay v is 0 for decay = 1 / (4 v).
    const v = Math.log(3) / 2;
    const model = logisticRegression(labelled([[-1], [1]], [0, 1]), { decay: 1 / (4 * v), tolerance: 1e-10 });
    expect(model.weights[1]).toBeCloseTo(v, 8);
    expect(model.probabilities(Float32Array.of(1))[1]).toBeCloseTo(3 / 4, 8);
    expect([...model.predict(Float32Array.of(-5, 5))]).toEqual([0, 1]);
  });

  it('does not depend on units and offsets of standardised features, nor on a rotation of others', () => {
    const rows = randomDense(20, 3, 5);
    const labels = rows.map((row, i) => (row[1]! + Math.sin(i) > 0 ? 1 : 0));
    const probability = (x: Dense, standardize: boolean) =>
      logisticRegression(labelled(x, labels), { standardize, tolerance: 1e-9 }).probabilities(
        Float32Array.from(x.flat()),
      );
    const moved = rows.map(([a, b, c]) => [4 * a! + 2, b!, 256 * c!]);
    const [plain, other] = [probability(rows, true), probability(moved, true)];
    const [straight, turned] = [probability(rows, false), probability(multiply(rows, randomRotation(3, 1)), false)];
    for (let i = 0; i < 40; i++) {
      expect(other[i]).toBeCloseTo(plain[i]!, 5);
      expect(turned[i]).toBeCloseTo(straight[i]!, 5);
    }
  });

  it('takes constant columns, repeated rows, classes without examples, and a single class', () => {
    const rows = [
      [0, 7, 1, 1],
      [1, 7, 0, 0],
      [0, 7, 1, 1],
    ];
    const model = logisticRegression(labelled(rows, [3, 1, 3]));
    const values = Float32Array.from(rows.flat());
    expect([...model.predict(values)]).toEqual([3, 1, 3]);
    expect(model.probabilities(values)[0]).toBe(0);
    expect([...logisticRegression(labelled(rows, [1, 1, 1])).probabilities(values.subarray(0, 4))]).toEqual([0, 1]);
    const same = logisticRegression(labelled([[2], [2], [2]], [0, 1, 1]), { tolerance: 1e-10 });
    expect(same.probabilities(Float32Array.of(2))[1]).toBeCloseTo(2 / 3, 8); // the classes' shares
  });

  it('refuses what does not fit', () => {
    const features = labelled([[0], [1]], [0, 1]);
    expect(() => logisticRegression(features, { decay: 0 })).toThrow('the decay is 0');
    expect(() => logisticRegression({ ...features, labels: new Int32Array(3) })).toThrow(RangeError);
    expect(() =>
      logisticRegression({ ...features, size: 2, values: new Float32Array(4) }).predict(new Float32Array(3)),
    ).toThrow(RangeError);
  });
});
