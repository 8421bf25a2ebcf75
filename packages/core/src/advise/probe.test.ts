import { describe, expect, it } from 'vitest';
import { labelled, randomDense } from '../../test/dense.ts';
import { logisticRegression } from './logistic-regression.ts';
import { probeAccuracy } from './probe.ts';
import { stratifiedFolds } from './stratified-folds.ts';

const labels = Array.from({ length: 33 }, (_, i) => i % 3);
const rows = randomDense(33, 5, 1).map((row, i) => row.map((x, j) => Math.fround(x + (j === labels[i] ? 1.5 : 0))));
const features = labelled(rows, labels);

describe('probeAccuracy', () => {
  it('predicts each fold by a model of the others', () => {
    const result = probeAccuracy(features, { folds: 4, seed: 7, decay: 0.2 });
    const foldOf = stratifiedFolds(labels, 4, 7);
    let crossEntropy = 0;
    const accuracies = [0, 1, 2, 3].map((fold) => {
      const inside = [...labels.keys()].filter((i) => foldOf[i] !== fold);
      const model = logisticRegression(
        labelled(
          inside.map((i) => rows[i]!),
          inside.map((i) => labels[i]!),
        ),
        { decay: 0.2 },
      );
      const outside = [...labels.keys()].filter((i) => foldOf[i] === fold);
      const right = outside.filter((i) => {
        const values = Float32Array.from(rows[i]!);
        crossEntropy -= Math.log(model.probabilities(values)[labels[i]!]!) / 33;
        expect(result.predictions[i]).toBe(model.predict(values)[0]);
        return result.predictions[i] === labels[i];
      });
      return right.length / outside.length;
    });
    expect(result.foldAccuracies).toEqual(accuracies);
    expect(result.crossEntropy).toBeCloseTo(crossEntropy, 10);
    const mean = accuracies.reduce((sum, value) => sum + value, 0) / 4;
    expect(result.accuracy).toBeCloseTo(mean, 12);
    const squares = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(result.standardError).toBeCloseTo(Math.sqrt(squares / 3 / 4), 12);
  });

  it('takes the decay of the least cross-entropy', () => {
    const all = [1e-4, 0.05, 20].map((decay) => probeAccuracy(features, { seed: 1, decay }));
    const best = all.reduce((a, b) => (b.crossEntropy < a.crossEntropy ? b : a));
    const chosen = probeAccuracy(features, { seed: 1, decays: [1e-4, 0.05, 20] });
    expect(chosen.decay).toBe(best.decay);
    expect(chosen.crossEntropy).toBeCloseTo(best.crossEntropy, 4); // fits from another start end within their tolerance
    expect(chosen.accuracy).toBeCloseTo(best.accuracy, 12);
  });

  it('tells separate classes apart, and cannot tell what is not in the features', () => {
    const far = rows.map((row, i) => row.map((x, j) => x + (j === labels[i] ? 30 : 0)));
    expect(probeAccuracy(labelled(far, labels), { seed: 2 })).toMatchObject({ accuracy: 1, standardError: 0 });
    const noise = randomDense(600, 3, 4);
    const { accuracy, standardError } = probeAccuracy(
      labelled(
        noise,
        noise.map((_, i) => i % 2),
      ),
      { seed: 2 },
    );
    expect(Math.abs(accuracy - 0.5)).toBeLessThan(5 * standardError + 0.05);
  });

  it('takes fewer examples than features, a single example of a class, identical features, a thousand to one', () => {
    const wide = randomDense(12, 40, 6).map((row, i) => row.map((x, j) => x + (j % 2 === i % 2 ? 3 : 0)));
    expect(
      probeAccuracy(
        labelled(
          wide,
          wide.map((_, i) => i % 2),
        ),
        { seed: 1 },
      ).accuracy,
    ).toBe(1);
    const single = probeAccuracy(
      labelled(
        rows,
        labels.map((label, i) => (i === 32 ? 5 : label)),
      ),
      { seed: 1 },
    );
    expect(single.predictions[32]).not.toBe(5);
    expect(Number.isFinite(single.crossEntropy)).toBe(true);
    const same = rows.map(() => [0.1, 3]);
    expect(
      probeAccuracy(
        labelled(
          same,
          rows.map((_, i) => (i % 3 === 0 ? 1 : 0)),
        ),
        { seed: 1 },
      ),
    ).toMatchObject({
      predictions: new Int32Array(33),
    });
    const many = randomDense(1001, 2, 3);
    const rare = probeAccuracy(
      labelled(
        many,
        many.map((_, i) => (i === 500 ? 1 : 0)),
      ),
      { seed: 1 },
    );
    expect(rare.accuracy).toBeCloseTo(1000 / 1001, 3);
  });

  it('depends on the seed alone, and refuses what it cannot do', () => {
    expect(probeAccuracy(features, { seed: 3 })).toEqual(probeAccuracy(features, { seed: 3 }));
    expect(() => probeAccuracy(features, { seed: 1, folds: 34 })).toThrow('34 folds of 33 examples');
    expect(() => probeAccuracy(features, { seed: 1, folds: 1 })).toThrow(RangeError);
    expect(() => probeAccuracy(features, { seed: 1, decays: [] })).toThrow(RangeError);
    expect(() => probeAccuracy({ ...features, size: 4 }, { seed: 1 })).toThrow(RangeError);
  });
});
