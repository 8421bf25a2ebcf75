import { describe, expect, it } from 'vitest';
import type { KernelDefinition } from '../kernels/definition.ts';
import { NCHW } from './permutation.ts';
import { sliceOf, structuralKey } from './slice.ts';
import { type Permutation, recordNode, Value } from './value.ts';

const kernel = (name: string) => ({ name }) as KernelDefinition;

function leaf(shape: number[], permutation: Permutation = null): Value {
  return Value.of(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape, 'float32', permutation);
}

/** Records `name` over the inputs; the output has the first input's shape. */
function apply(name: string, ...inputs: Value[]): Value {
  const names = inputs.map((_, i) => String(i));
  const spec = { shape: inputs[0]!.shape, dtype: 'float32' as const };
  return recordNode(kernel(name), inputs, names, false, {}, `${name}:`, [spec]).outputs[0]!;
}

describe('sliceOf', () => {
  it('holds what the outputs need and nothing else, in the order of recording', () => {
    const [a, b] = [leaf([2]), leaf([2])];
    const sum = apply('Add', a, b);
    apply('Exp', sum);
    const product = apply('Mul', sum, a);
    const slice = sliceOf([product]);
    expect(slice.nodes.map((node) => node.kernel.name)).toEqual(['Add', 'Mul']);
    expect(slice.leaves).toEqual([a, b]);
    expect(slice.outputs).toEqual([product]);
  });

  it('takes a materialised value as a leaf', () => {
    const a = leaf([2]);
    const known = apply('Exp', a);
    known.node = null;
    known.data = new Float32Array(2);
    const slice = sliceOf([apply('Neg', known)]);
    expect(slice.nodes).toHaveLength(1);
    expect(slice.leaves).toEqual([known]);
  });

  it('holds a node once, however many paths lead to it', () => {
    let value = leaf([2]);
    for (let i = 0; i < 40; i++) value = apply('Add', value, value);
    expect(sliceOf([value]).nodes).toHaveLength(40);
  });
});

describe('structuralKey', () => {
  const build = (shape: number[], permutation: Permutation = null) => {
    const [a, b] = [leaf(shape, permutation), leaf(shape)];
    return structuralKey(sliceOf([apply('Mul', apply('Add', a, b), a)]));
  };

  it('is shared by graphs that differ in data alone', () => {
    expect(build([2, 3])).toBe(build([2, 3]));
  });

  it('tells shapes, layouts, kernels, wiring and outputs apart', () => {
    const [a, b] = [leaf([2, 3]), leaf([2, 3])];
    const sum = apply('Add', a, b);
    const keys = [
      build([2, 3]),
      build([3, 2]),
      build([1, 2, 3, 4]),
      build([1, 2, 3, 4], NCHW),
      structuralKey(sliceOf([apply('Sub', sum, a)])),
      structuralKey(sliceOf([apply('Mul', sum, b)])),
      structuralKey(sliceOf([apply('Mul', a, sum)])),
      structuralKey(sliceOf([apply('Mul', sum, a), sum])),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
