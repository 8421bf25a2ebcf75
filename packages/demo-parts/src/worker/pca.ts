/**
 * The first two principal components, by power iteration on the centred data with deflation: two of up to a thousand are
 * wanted, so a full decomposition would be wasted.
 */
import { Random } from '@attune/core';

const ITERATIONS = 200;
const TOLERANCE = 1e-7;

/**
 * @param values [count, size], row after row.
 * @returns [count, 2]: each row's place along the two directions in which the rows differ most.
 */
export function principalComponents(values: Float32Array, count: number, size: number): Float32Array {
  const centred = centre(values, count, size);
  const random = Random.fromSeed('pca');
  const places = new Float32Array(count * 2);
  for (let component = 0; component < 2; component++) {
    let direction = normalised(Float64Array.from({ length: size }, () => random.normal()));
    for (let i = 0; i < ITERATIONS; i++) {
      const next = normalised(timesTransposed(centred, times(centred, direction, count, size), count, size));
      const change = next.reduce((most, value, k) => Math.max(most, Math.abs(value - direction[k]!)), 0);
      direction = next;
      if (change < TOLERANCE) break;
    }
    const scores = times(centred, direction, count, size);
    for (let row = 0; row < count; row++) {
      places[row * 2 + component] = scores[row]!;
      for (let k = 0; k < size; k++) centred[row * size + k]! -= scores[row]! * direction[k]!;
    }
  }
  return places;
}

function centre(values: Float32Array, count: number, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < values.length; i++) mean[i % size]! += values[i]! / count;
  return Float64Array.from(values, (value, i) => value - mean[i % size]!);
}

function times(matrix: Float64Array, vector: Float64Array, count: number, size: number): Float64Array {
  const product = new Float64Array(count);
  for (let row = 0; row < count; row++)
    for (let k = 0; k < size; k++) product[row]! += matrix[row * size + k]! * vector[k]!;
  return product;
}

function timesTransposed(matrix: Float64Array, vector: Float64Array, count: number, size: number): Float64Array {
  const product = new Float64Array(size);
  for (let row = 0; row < count; row++)
    for (let k = 0; k < size; k++) product[k]! += matrix[row * size + k]! * vector[row]!;
  return product;
}

function normalised(vector: Float64Array): Float64Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** Moved and scaled into the unit square, x and y alike, so that distances keep their proportions. */
export function fitted(places: Float32Array): Float32Array {
  const range = (axis: number) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = axis; i < places.length; i += 2) {
      low = Math.min(low, places[i]!);
      high = Math.max(high, places[i]!);
    }
    return { middle: (low + high) / 2, span: high - low };
  };
  const [x, y] = [range(0), range(1)];
  const span = Math.max(x.span, y.span) || 1;
  return places.map((value, i) => 0.5 + (value - (i % 2 === 0 ? x : y).middle) / span);
}
