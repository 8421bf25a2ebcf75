/** How well scores of labels agree with the labels, where an example may have none, one or several of them. */

export interface MultiLabelMetrics {
  /** Mean of `averagePrecision` over the labels that occur, in [0, 1]; NaN when none does. */
  readonly meanAveragePrecision: number;
  /** F1 = 2 TP / (2 TP + FP + FN) of all decisions together, in [0, 1]; NaN when nothing occurs or is predicted. */
  readonly microF1: number;
  /** Mean of the labels' F1; those that neither occur nor are predicted are left out. */
  readonly macroF1: number;
  /** Share of examples with every label right. */
  readonly exactMatch: number;
  /** Of each label, see `averagePrecision`. */
  readonly averagePrecision: readonly (number | null)[];
}

/**
 * @param scores [N, labels], row after row: higher is more certain.
 * @param targets [N, labels]: above 1/2 where the example has the label.
 * @param threshold A label is predicted where its score is above this. Default 0: of log-odds a probability of 1/2.
 * @throws RangeError when the lengths do not agree, or there are no examples.
 */
export function multiLabelMetrics(
  scores: ArrayLike<number>,
  targets: ArrayLike<number>,
  labels: number,
  threshold = 0,
): MultiLabelMetrics {
  const examples = scores.length / labels;
  if (!Number.isInteger(examples) || examples === 0 || targets.length !== scores.length)
    throw new RangeError(`${scores.length} scores and ${targets.length} targets of ${labels} labels do not agree`);
  const right = new Array<boolean>(examples).fill(true);
  const counts = Array.from({ length: labels }, (_, label) => {
    const count = { both: 0, either: 0 };
    for (let i = 0; i < examples; i++) {
      const predicted = scores[i * labels + label]! > threshold;
      const has = targets[i * labels + label]! > 0.5;
      if (predicted && has) count.both++;
      count.either += Number(predicted) + Number(has);
      if (predicted !== has) right[i] = false;
    }
    return count;
  });
  const column = (values: ArrayLike<number>, label: number) =>
    Array.from({ length: examples }, (_, i) => values[i * labels + label]!);
  const precisions = counts.map((_, label) => averagePrecision(column(scores, label), column(targets, label)));
  const f1s = counts.filter(({ either }) => either > 0).map(({ both, either }) => (2 * both) / either);
  return {
    meanAveragePrecision: mean(precisions.filter((precision) => precision !== null)),
    microF1: (2 * sum(counts.map(({ both }) => both))) / sum(counts.map(({ either }) => either)),
    macroF1: mean(f1s),
    exactMatch: mean(right.map(Number)),
    averagePrecision: precisions,
  };
}

/**
 * Area under the steps of precision over recall: sum of (R_k - R_k-1) P_k over the distinct scores from the highest down,
 * without interpolation, in [0, 1]. Examples of equal score are taken together. null where no example has the label.
 */
export function averagePrecision(scores: ArrayLike<number>, targets: ArrayLike<number>): number | null {
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const positives = order.filter((i) => targets[i]! > 0.5).length;
  if (positives === 0) return null;
  let area = 0;
  let found = 0;
  let before = 0;
  order.forEach((example, rank) => {
    if (targets[example]! > 0.5) found++;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[example]) return;
    area += ((found - before) / positives) * (found / (rank + 1));
    before = found;
  });
  return area;
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
