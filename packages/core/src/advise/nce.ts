/**
 * NCE: the negative conditional entropy of target labels given the source network's labels (Tran, Nguyen and Hassner 2019,
 * "Transferability and Hardness of Supervised Classification Tasks"). 0 where the source label decides the target's, and
 * less otherwise; in nats.
 */
import { countClasses } from './labelled-features.ts';

/** Counts pairs of labels that come in pieces, in any order. */
export class NceAccumulator {
  /** Source label to the count of each target label. */
  private readonly counts = new Map<number, Map<number, number>>();
  private total = 0;

  /** @throws RangeError where lengths disagree, or a label is not a class number. */
  add(sourceLabels: ArrayLike<number>, labels: ArrayLike<number>): void {
    if (sourceLabels.length !== labels.length)
      throw new RangeError(`${sourceLabels.length} source labels for ${labels.length} labels`);
    countClasses(sourceLabels);
    countClasses(labels);
    for (let i = 0; i < labels.length; i++) {
      let targets = this.counts.get(sourceLabels[i]!);
      if (targets === undefined) this.counts.set(sourceLabels[i]!, (targets = new Map()));
      targets.set(labels[i]!, (targets.get(labels[i]!) ?? 0) + 1);
    }
    this.total += labels.length;
  }

  /** Sum over y, z of P(y, z) log P(y | z). @throws RangeError before anything was added. */
  value(): number {
    if (this.total === 0) throw new RangeError('there are no examples');
    let sum = 0;
    for (const targets of this.counts.values()) {
      let ofSource = 0;
      for (const count of targets.values()) ofSource += count;
      for (const count of targets.values()) sum += count * Math.log(count / ofSource);
    }
    return sum / this.total;
  }
}

/**
 * -H(Y | Z), of the examples' target labels Y and the source network's labels Z (its most probable class).
 * @throws RangeError without examples, or where lengths disagree.
 */
export function nce(sourceLabels: ArrayLike<number>, labels: ArrayLike<number>): number {
  const accumulator = new NceAccumulator();
  accumulator.add(sourceLabels, labels);
  return accumulator.value();
}
