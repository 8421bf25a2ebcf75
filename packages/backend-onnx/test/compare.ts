/** Runs the same computation on this backend and on tfjs's cpu backend, and compares values and gradients. */
import '../src/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { OnnxBackend } from '../src/backend.ts';
import { registerWith } from '../src/register.ts';
import { nodeRuntime } from '../src/runtime/node.ts';

/** Names of the kernels that ran as part of an ONNX graph. */
export const seenKernels = new Set<string>();

let backend: OnnxBackend | undefined;

/** Registers the backend; everything is compiled, nothing runs on host kernels for being small. */
export function registerForTests(): OnnxBackend {
  if (backend !== undefined) return backend;
  backend = registerWith(nodeRuntime('cpu', 1), { hostElements: 0, sessionCapacity: 16 });
  const run = backend.run.bind(backend);
  backend.run = (kernel, inputs, attrs) => {
    seenKernels.add(kernel.name);
    return run(kernel, inputs, attrs);
  };
  return backend;
}

/** An input tensor, before it is on any backend. */
export interface Sample {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly data: readonly number[];
}

/** Numbers in [low, high) that follow from the seed. Distances between neighbours stay large enough to have no ties. */
export function sample(shape: readonly number[], seed: number, low = -1, high = 1): Sample {
  const size = shape.reduce((a, b) => a * b, 1);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const data = Array.from({ length: size }, () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39) >>> 0;
    return low + ((mixed ^ (mixed >>> 15)) >>> 0) * 2 ** -32 * (high - low);
  });
  return { shape, dtype: 'float32', data };
}

export function integers(shape: readonly number[], seed: number, low: number, high: number): Sample {
  const { data } = sample(shape, seed, low, high);
  return { shape, dtype: 'int32', data: data.map(Math.floor) };
}

/** Any function of tensors of fixed ranks. */
export type Operation = (...inputs: never[]) => tf.Tensor | tf.Tensor[];

interface Computed {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

const tensorOf = ({ shape, dtype, data }: Sample) => tf.tensor([...data], [...shape], dtype);

const computed = (tensor: tf.Tensor): Computed => ({
  shape: tensor.shape,
  dtype: tensor.dtype,
  data: [...tensor.dataSync()],
});

function evaluate(operation: Operation, inputs: readonly Sample[]): Computed[] {
  return tf.engine().tidy(() => {
    const result = operation(...(inputs.map(tensorOf) as never[]));
    return (Array.isArray(result) ? result : [result]).map(computed) as unknown as tf.TensorContainer;
  }) as unknown as Computed[];
}

/** The gradients of <f(inputs), weights> for weights that differ everywhere. */
function differentiate(operation: Operation, inputs: readonly Sample[], shape: readonly number[]): Computed[] {
  return tf.engine().tidy(() => {
    const dy = tensorOf(sample(shape, 77));
    const gradients = tf.grads((...xs) => operation(...(xs as never[])) as tf.Tensor)(inputs.map(tensorOf), dy);
    return gradients.map(computed) as unknown as tf.TensorContainer;
  }) as unknown as Computed[];
}

function difference(actual: Computed, expected: Computed, tolerance: number): string | null {
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape}] instead of [${expected.shape}]`;
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype} instead of ${expected.dtype}`;
  for (const [i, want] of expected.data.entries()) {
    const got = actual.data[i]!;
    const close = Object.is(got, want) || got === want || Math.abs(got - want) <= tolerance * (1 + Math.abs(want));
    if (!close && !(Number.isNaN(got) && Number.isNaN(want))) return `[${i}] is ${got}, cpu says ${want}`;
  }
  return null;
}

function compare(what: string, actual: readonly Computed[], expected: readonly Computed[], tolerance: number): void {
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} results instead of ${expected.length}`);
  for (const [i, result] of actual.entries()) {
    const wrong = difference(result, expected[i]!, tolerance);
    if (wrong !== null) throw new Error(`${what} ${i}: ${wrong}`);
  }
}

async function on<T>(name: string, body: () => T): Promise<T> {
  registerForTests();
  await tf.setBackend(name);
  return body();
}

/** Fails where this backend's results differ from the cpu backend's. */
export async function sameValues(operation: Operation, inputs: readonly Sample[], tolerance = 1e-4): Promise<void> {
  const expected = await on('cpu', () => evaluate(operation, inputs));
  compare('result', await on('onnx', () => evaluate(operation, inputs)), expected, tolerance);
}

/** Fails where this backend's result or gradients differ from the cpu backend's. The operation has one output. */
export async function sameGradients(operation: Operation, inputs: readonly Sample[], tolerance = 1e-3): Promise<void> {
  const values = await on('cpu', () => evaluate(operation, inputs));
  compare('result', await on('onnx', () => evaluate(operation, inputs)), values, tolerance);
  const expected = await on('cpu', () => differentiate(operation, inputs, values[0]!.shape));
  compare('gradient', await on('onnx', () => differentiate(operation, inputs, values[0]!.shape)), expected, tolerance);
}

/** The first result of an operation on a backend, as numbers. */
export async function numbersOf(
  name: 'cpu' | 'onnx',
  operation: Operation,
  inputs: readonly Sample[],
): Promise<readonly number[]> {
  return (await on(name, () => evaluate(operation, inputs)))[0]!.data;
}

export const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/**
 * Fails where the gradient of a linear operation is not its transpose: <f(v), w> = <v, f'(w)> for any v. For operations
 * whose gradients on the cpu backend are wrong.
 */
export async function transposedGradient(operation: Operation, input: Sample, tolerance = 1e-3): Promise<void> {
  const [value] = await on('onnx', () => evaluate(operation, [input]));
  const weights = sample(value!.shape, 77).data;
  const [gradient] = await on('onnx', () => differentiate(operation, [input], value!.shape));
  for (let seed = 1; seed <= 4; seed++) {
    const direction = sample(input.shape, seed);
    const [image] = await on('cpu', () => evaluate(operation, [direction]));
    const left = dot(image!.data, weights);
    const right = dot(direction.data, gradient!.data);
    if (Math.abs(left - right) > tolerance * (1 + Math.abs(left))) {
      throw new Error(`<f(v), w> = ${left}, but <v, gradient> = ${right}`);
    }
  }
}

// ---- generators ----

export const seeds = fc.integer({ min: 0, max: 1_000_000 });

export const size = (max: number, min = 1) => fc.integer({ min, max });

export const shapes = (maxRank = 4, minRank = 0, maxSize = 4) =>
  fc.array(size(maxSize), { minLength: minRank, maxLength: maxRank });

/** Two shapes that broadcast: some dimensions of the second are 1, some leading ones of either are missing. */
export const broadcasting = fc
  .record({
    whole: shapes(4),
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    missing: fc.integer({ min: 0, max: 4 }),
    swap: fc.boolean(),
  })
  .map(({ whole, ones, missing, swap }) => {
    const other = whole.map((length, axis) => (ones[axis] ? 1 : length)).slice(Math.min(missing, whole.length));
    return (swap ? [other, whole] : [whole, other]) as [number[], number[]];
  });

/** Checks a property a few times, always with the same cases. */
export function check<T>(
  arbitrary: fc.Arbitrary<T>,
  property: (value: T) => Promise<void>,
  numRuns = 8,
): Promise<void> {
  return fc.assert(fc.asyncProperty(arbitrary, property), { numRuns, seed: 20170 });
}
