import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { sliceOf } from './graph/slice.ts';
import { recordNode, Value } from './graph/value.ts';
import { type HostTensor, interpret, runOnHost, toHostArray } from './host.ts';
import type { KernelDefinition } from './kernels/definition.ts';

const floats = (data: number[], shape = [data.length]): HostTensor => ({
  kind: 'numeric',
  dtype: 'float32',
  shape,
  data: Float32Array.from(data),
});
const ints = (data: number[], shape = [data.length]): HostTensor => ({
  kind: 'numeric',
  dtype: 'int32',
  shape,
  data: Int32Array.from(data),
});
const numbers = (tensor: HostTensor | undefined) => (tensor?.kind === 'numeric' ? [...tensor.data] : undefined);

describe('runOnHost', () => {
  it('runs a kernel with named and with listed inputs', () => {
    const [sum] = runOnHost('Add', { a: floats([1, 2]), b: floats([10, 20]) }, {});
    expect(numbers(sum)).toEqual([11, 22]);
    const [joined] = runOnHost('Concat', [floats([1]), floats([2, 3])], { axis: 0 });
    expect(joined).toMatchObject({ shape: [3], dtype: 'float32' });
    expect(numbers(joined)).toEqual([1, 2, 3]);
  });

  it('carries strings and complex numbers in and out', () => {
    const words: HostTensor = {
      kind: 'string',
      shape: [2],
      data: [new TextEncoder().encode('ab'), new TextEncoder().encode('c')],
    };
    const [reversed] = runOnHost('Tile', { x: words }, { reps: [2] });
    expect(reversed?.kind === 'string' && reversed.data.map((word) => new TextDecoder().decode(word))).toEqual([
      'ab',
      'c',
      'ab',
      'c',
    ]);
    const number: HostTensor = { kind: 'complex', shape: [1], real: Float32Array.of(3), imag: Float32Array.of(4) };
    const [double] = runOnHost('Add', { a: number, b: number }, {});
    expect(double).toMatchObject({ kind: 'complex', real: Float32Array.of(6), imag: Float32Array.of(8) });
  });

  it('leaves its inputs as they are, also where tfjs updates in place', () => {
    const tensor = floats([1, 2, 3]);
    const [updated] = runOnHost(
      'TensorScatterUpdate',
      { tensor, indices: ints([1], [1, 1]), updates: floats([9]) },
      {},
    );
    expect(numbers(updated)).toEqual([1, 9, 3]);
    expect(numbers(tensor)).toEqual([1, 2, 3]);
  });

  it('gives kernels the rank, which some read', () => {
    const x = floats([1, 2, 3, 4], [1, 2, 2, 1]);
    const attrs = { strides: [1, 1], pad: 'same', dilations: [1, 1] };
    const [gradient] = runOnHost('Dilation2DBackpropInput', { x, filter: floats([0], [1, 1, 1]), dy: x }, attrs);
    expect(numbers(gradient)).toEqual([1, 2, 3, 4]);
  });

  it('leaves no tensor behind in the engine', () => {
    const before = tf.memory().numTensors;
    expect(numbers(runOnHost('Abs', { x: floats([-1]) }, {})[0])).toEqual([1]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('names a kernel that tfjs does not have', () => {
    expect(() => runOnHost('Imaginary', {}, {})).toThrow("tfjs has no cpu kernel 'Imaginary'");
  });
});

it('toHostArray keeps arrays of the right kind and converts others', () => {
  const array = Float32Array.of(1);
  expect(toHostArray(array, 'float32')).toBe(array);
  expect(toHostArray([1.5, 2], 'int32')).toEqual(Int32Array.of(1, 2));
  expect(toHostArray([1, 0], 'bool')).toEqual(Uint8Array.of(1, 0));
});

it('interpret computes a slice, and no two values share memory', () => {
  const x = Value.of(Float32Array.of(1, 4), [2], 'float32');
  const node = (name: string, input: Value) =>
    recordNode({ name } as KernelDefinition, [input], ['x'], false, { shape: [2] }, name, [
      { shape: [2], dtype: 'float32' },
    ]).outputs[0]!;
  const root = node('Sqrt', x);
  const same = node('Reshape', x);
  interpret(sliceOf([root, same]));
  expect([...root.data!]).toEqual([1, 2]);
  expect([...same.data!]).toEqual([1, 4]);
  expect(same.data!.buffer).not.toBe(x.data!.buffer);
});
