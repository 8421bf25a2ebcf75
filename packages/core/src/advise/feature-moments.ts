/**
 * Mean and covariance of features that come in pieces, without loss to cancellation: each piece is centred by its own mean,
 * and pieces are joined by Chan, Golub and LeVeque's formula (1979, "Updating formulae and a pairwise algorithm for
 * computing sample variances").
 */
import { addGram, columnsOf } from '../linear-algebra/products.ts';
import { columnMeans } from './labelled-features.ts';

export class FeatureMoments {
  /** Examples so far. */
  count = 0;
  /** [size]; zeros before the first example. */
  readonly mean: Float64Array;
  /** Sum of (x - mean)(x - mean)' [size, size]. */
  readonly scatter: Float64Array;

  constructor(readonly size: number) {
    if (!Number.isSafeInteger(size) || size < 1)
      throw new RangeError(`the size of features is ${size}, and must be at least 1`);
    this.mean = new Float64Array(size);
    this.scatter = new Float64Array(size * size);
  }

  /** The moments of features at hand. @param values [count, size] */
  static of(values: Float32Array | Float64Array, size: number): FeatureMoments {
    const moments = new FeatureMoments(size);
    moments.add(values);
    return moments;
  }

  /**
   * @param rows [any number, size], row after row.
   * @throws RangeError where the rows are not whole, or a feature is not finite.
   */
  add(rows: Float32Array | Float64Array): void {
    const { size } = this;
    const count = rows.length / size;
    if (!Number.isInteger(count)) throw new RangeError(`${rows.length} values are not rows of ${size} features`);
    if (count === 0) return;
    for (let i = 0; i < rows.length; i++)
      if (!Number.isFinite(rows[i]))
        throw new RangeError(`feature ${i % size} of row ${Math.floor(i / size)} is ${rows[i]}`);
    const mean = columnMeans(rows, size);
    addGram(this.scatter, columnsOf(rows, count, size, mean));
    this.join(count, mean);
  }

  /** Adds another's examples. @throws RangeError for another size. */
  merge(other: FeatureMoments): void {
    if (other.size !== this.size) throw new RangeError(`${other.size} features cannot be merged with ${this.size}`);
    if (other.count === 0) return;
    for (let i = 0; i < this.scatter.length; i++) this.scatter[i]! += other.scatter[i]!;
    this.join(other.count, other.mean);
  }

  /** [size, size], divided by count - 1; zeros for a single example. */
  covariance(): Float64Array {
    return this.scatter.map((value) => value / Math.max(this.count - 1, 1));
  }

  /** The covariance's diagonal [size]. */
  variance(): Float64Array {
    return this.mean.map((_, i) => this.scatter[i * (this.size + 1)]! / Math.max(this.count - 1, 1));
  }

  /** The scatter holds both parts already, each about its own mean. */
  private join(count: number, mean: Float64Array): void {
    const { size, scatter } = this;
    const total = this.count + count;
    const weight = (this.count * count) / total;
    const step = mean.map((value, i) => value - this.mean[i]!);
    for (let i = 0; i < size; i++) {
      const scaled = weight * step[i]!;
      if (scaled !== 0) for (let j = 0; j < size; j++) scatter[i * size + j]! += scaled * step[j]!;
      this.mean[i]! += (step[i]! * count) / total;
    }
    this.count = total;
  }
}
