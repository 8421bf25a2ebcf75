/** Features with mean 0 and variance 1, so that one penalty suits all of them. */
import { columnMeans } from './labelled-features.ts';

export interface Standardization {
  /** [size] */
  readonly mean: Float64Array;
  /** 1 / standard deviation [size]; 0 for a column that is constant. */
  readonly scale: Float64Array;
}

/** A deviation that is a smaller share of the mean is the rounding of single precision: the column is constant. */
const LEAST_DEVIATION = 1e-7;

export function standardization(values: Float32Array | Float64Array, size: number): Standardization {
  const mean = columnMeans(values, size);
  const squares = new Float64Array(size);
  for (let i = 0; i < values.length; i += size)
    for (let j = 0; j < size; j++) squares[j]! += (values[i + j]! - mean[j]!) ** 2;
  const scale = squares.map((sum, j) => {
    const deviation = Math.sqrt((sum * size) / values.length);
    return deviation > LEAST_DEVIATION * Math.abs(mean[j]!) ? 1 / deviation : 0;
  });
  return { mean, scale };
}

export function standardized(values: Float32Array | Float64Array, { mean, scale }: Standardization): Float64Array {
  const size = mean.length;
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += size)
    for (let j = 0; j < size; j++) result[i + j] = (values[i + j]! - mean[j]!) * scale[j]!;
  return result;
}
