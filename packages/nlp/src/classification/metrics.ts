/** How well a model of texts does: figures from the probabilities that it gives. */
import { accuracy, confusionMatrix, macroF1, perClassAccuracy, perClassPrecision } from '@attune/core';
import type { TextExample } from '../dataset/example.ts';

/** Figures of one evaluation. Losses in nats, shares in [0, 1]; everything in the order of the classes. */
export interface TextMetrics {
  readonly examples: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly macroF1: number;
  /** Recall: share of each class's texts that were recognised as of it; null for a class without texts. */
  readonly perClass: readonly (number | null)[];
  /** Share of the texts that were taken for the class and are of it; null where none was. */
  readonly precision: readonly (number | null)[];
  /** Entry [i][j]: texts of class i that were taken for class j. */
  readonly confusion: readonly (readonly number[])[];
}

/** The class that a text was taken for, beside its own. */
export interface TextPrediction {
  readonly name: string;
  readonly label: number;
  readonly prediction: number;
  /** Of the prediction, in [0, 1]. */
  readonly probability: number;
}

export interface TextEvaluation {
  readonly metrics: TextMetrics;
  /** In the order of the texts. */
  readonly predictions: readonly TextPrediction[];
}

/** A probability may underflow, and its loss is to stay finite: the smallest normal number of 32 bits. */
const LEAST_PROBABILITY = 1.2e-38;

/** @param probabilities [examples, classes] @throws RangeError without examples. */
export function evaluateProbabilities(
  examples: readonly TextExample[],
  probabilities: Float32Array,
  classes: number,
): TextEvaluation {
  if (examples.length === 0) throw new RangeError('there are no texts to evaluate');
  let loss = 0;
  const predictions = examples.map(({ name, label }, i): TextPrediction => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    loss -= Math.log(Math.max(row[label]!, LEAST_PROBABILITY));
    const probability = Math.max(...row);
    return { name, label, prediction: row.indexOf(probability), probability };
  });
  const [taken, labels] = [predictions.map(({ prediction }) => prediction), examples.map(({ label }) => label)];
  const confusion = confusionMatrix(taken, labels, classes);
  return {
    metrics: {
      examples: examples.length,
      loss: loss / examples.length,
      accuracy: accuracy(taken, labels),
      macroF1: macroF1(confusion),
      perClass: perClassAccuracy(confusion),
      precision: perClassPrecision(confusion),
      confusion,
    },
    predictions,
  };
}

/** Positions of the mistakes that the model was surest of, the surest first. */
export function surestMistakes(predictions: readonly TextPrediction[], most: number): number[] {
  return [...predictions.keys()]
    .filter((i) => predictions[i]!.prediction !== predictions[i]!.label)
    .sort((a, b) => predictions[b]!.probability - predictions[a]!.probability || a - b)
    .slice(0, most);
}
