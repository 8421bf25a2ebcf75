/**
 * LEEP: the mean log-likelihood of the target labels under a classifier that is read off the source network's own classes
 * (Nguyen, Hassner, Seeger and Archambeau 2020, "LEEP: A New Measure to Evaluate Transferability of Learned
 * Representations"). Never above 0; higher is better.
 */
import { countClasses } from './labelled-features.ts';

/** How far the probabilities of an example may be from a sum of 1: they come in single precision. */
const SUM_TOLERANCE = 1e-3;

/**
 * P(target class | source class), from soft-max outputs that come in pieces: memory of classes * sourceClasses. LEEP of a
 * stream takes two passes: `add` for every piece, then `logLikelihood` for every piece.
 */
export class LeepAccumulator {
  /** Sums of P(y, z) * count: row y [sourceClasses]. */
  private readonly joint: Float64Array[] = [];
  private conditional: Float64Array[] | undefined;

  /** @param sourceClasses Classes of the source network, Z. */
  constructor(readonly sourceClasses: number) {
    if (!Number.isSafeInteger(sourceClasses) || sourceClasses < 1)
      throw new RangeError(`there are ${sourceClasses} source classes, and must be at least 1`);
  }

  /**
   * @param probabilities Soft-max of the source network [n, Z], row after row.
   * @param labels Target class of each example [n].
   * @throws RangeError where lengths disagree, or a row is not a distribution.
   */
  add(probabilities: Float32Array | Float64Array, labels: ArrayLike<number>): void {
    this.check(probabilities, labels);
    const classes = countClasses(labels).length;
    while (this.joint.length < classes) this.joint.push(new Float64Array(this.sourceClasses));
    for (let i = 0; i < labels.length; i++) {
      const row = this.joint[labels[i]!]!;
      for (let z = 0; z < this.sourceClasses; z++) row[z]! += probabilities[i * this.sourceClasses + z]!;
    }
    this.conditional = undefined;
  }

  /** Sum over the examples of log sum_z P(y | z) theta_z, for examples that were added before. */
  logLikelihood(probabilities: Float32Array | Float64Array, labels: ArrayLike<number>): number {
    this.check(probabilities, labels);
    this.conditional ??= this.conditionals();
    let sum = 0;
    for (let i = 0; i < labels.length; i++) {
      const row = this.conditional[labels[i]!];
      if (row === undefined) throw new RangeError(`class ${labels[i]} was never added`);
      let likelihood = 0;
      for (let z = 0; z < this.sourceClasses; z++) likelihood += row[z]! * probabilities[i * this.sourceClasses + z]!;
      sum += Math.log(Math.min(likelihood, 1));
    }
    return sum;
  }

  /** P(y | z): row y [Z]; 0 for a source class that was never given any probability. */
  private conditionals(): Float64Array[] {
    const marginal = new Float64Array(this.sourceClasses);
    for (const row of this.joint) for (const [z, value] of row.entries()) marginal[z]! += value;
    return this.joint.map((row) => row.map((value, z) => (marginal[z]! > 0 ? value / marginal[z]! : 0)));
  }

  private check(probabilities: Float32Array | Float64Array, labels: ArrayLike<number>): void {
    const { sourceClasses } = this;
    if (probabilities.length !== labels.length * sourceClasses)
      throw new RangeError(
        `${probabilities.length} probabilities are not ${labels.length} examples of ${sourceClasses} source classes`,
      );
    for (let i = 0; i < labels.length; i++) {
      let sum = 0;
      for (let z = 0; z < sourceClasses; z++) {
        const probability = probabilities[i * sourceClasses + z]!;
        sum += probability >= 0 ? probability : Number.NaN;
      }
      if (!(Math.abs(sum - 1) <= SUM_TOLERANCE))
        throw new RangeError(`the probabilities of example ${i} are not a distribution (their sum is ${sum})`);
    }
  }
}

/**
 * (1/N) sum_i log sum_z P(y_i | z) theta(x_i)_z, with P(y, z) = (1/N) sum of theta(x_i)_z over the examples of y.
 * @param probabilities Soft-max of the source network [N, Z], row after row.
 * @param labels Target class of each example [N].
 * @throws RangeError without examples, where lengths disagree, or a row is not a distribution.
 */
export function leep(probabilities: Float32Array | Float64Array, labels: ArrayLike<number>): number {
  if (labels.length === 0) throw new RangeError('there are no examples');
  const sourceClasses = probabilities.length / labels.length;
  const accumulator = new LeepAccumulator(sourceClasses);
  accumulator.add(probabilities, labels);
  return accumulator.logLikelihood(probabilities, labels) / labels.length;
}
