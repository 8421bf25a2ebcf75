/** Kernels without a gradient against tfjs's cpu backend, over generated shapes and attributes. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  broadcasting,
  check,
  integers,
  registerForTests,
  type Sample,
  sameValues,
  sample,
  seeds,
  seenKernels,
  shapes,
  size,
} from '../../test/compare.ts';
import { kernelNames, kernelSupport } from '../register.ts';

registerForTests();

const bools = (shape: readonly number[], seed: number): Sample => ({ ...integers(shape, seed, 0, 2), dtype: 'bool' });
const constant = ({ data, shape, dtype }: Sample) => tf.tensor([...data], [...shape], dtype);
describe('logic', () => {
  it('and, or, not, xor, bitwise and', async () => {
    await check(fc.tuple(broadcasting, seeds), async ([[a, b], seed]) => {
      const pair = [bools(a, seed), bools(b, seed + 1)];
      await sameValues(tf.logicalAnd, pair);
      await sameValues(tf.logicalOr, pair);
      await sameValues(tf.logicalXor, pair);
      await sameValues(tf.logicalNot, [pair[0]!]);
      await sameValues(tf.bitwiseAnd, [integers(a, seed, 0, 16), integers(a, seed + 1, 0, 16)]);
    });
  });

  it('comparisons', async () => {
    await check(fc.tuple(broadcasting, seeds), async ([[a, b], seed]) => {
      for (const operation of [tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual]) {
        await sameValues(operation, [integers(a, seed, 0, 3), integers(b, seed + 1, 0, 3)]);
      }
    });
  });

  it('all and any', async () => {
    await check(fc.tuple(shapes(3, 1), seeds, fc.boolean()), async ([shape, seed, keep]) => {
      await sameValues((x: tf.Tensor) => tf.all(x, 0, keep), [bools(shape, seed)]);
      await sameValues((x: tf.Tensor) => tf.any(x, -1, keep), [bools(shape, seed)]);
    });
  });
});

describe('dtypes', () => {
  it('casts', async () => {
    const dtypes = ['float32', 'int32', 'bool'] as const;
    await check(
      fc.tuple(shapes(3), seeds, fc.nat(2), fc.nat(2)),
      ([shape, seed, from, to]) => {
        const x = [sample(shape, seed, -3, 3), integers(shape, seed, -3, 3), bools(shape, seed)][from]!;
        return sameValues((t: tf.Tensor) => tf.cast(t, dtypes[to]!), [x]);
      },
      16,
    );
  });

  it('integer arithmetic and reductions', async () => {
    const binary = [tf.add, tf.sub, tf.mul, tf.maximum, tf.minimum, tf.squaredDifference, tf.floorDiv, tf.mod] as const;
    const reductions = [tf.sum, tf.prod, tf.max, tf.min, tf.mean] as const;
    await check(fc.tuple(broadcasting, seeds), async ([[a, b], seed]) => {
      for (const operation of binary)
        await sameValues(operation, [integers(a, seed, 0, 9), integers(b, seed + 1, 1, 9)]);
      for (const operation of reductions) await sameValues((x: tf.Tensor) => operation(x), [integers(a, seed, -3, 4)]);
    });
  });

  it('tensors made from attributes', async () => {
    await check(
      fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }), size(3), size(6)),
      async ([start, stop, step, count]) => {
        await sameValues(() => tf.range(start, stop, stop < start ? -step : step, 'int32'), []);
        await sameValues(() => tf.linspace(start, stop, count), []);
        await sameValues(() => tf.fill([count, 2], start), []);
      },
    );
  });
});

describe('scans', () => {
  it('cumprod', async () => {
    await check(
      fc.tuple(shapes(3, 1, 7), fc.nat(2), fc.boolean(), fc.boolean(), seeds),
      ([shape, which, exclusive, reverse, seed]) =>
        sameValues(
          (x: tf.Tensor) => tf.cumprod(x, which % shape.length, exclusive, reverse),
          [sample(shape, seed, 0.5, 1.5)],
        ),
    );
  });
});

describe('indices', () => {
  const slices = fc.record({ shape: shapes(3, 1), depth: size(3), updates: size(4), seed: seeds });
  const indicesOf = ({
    shape,
    depth,
    updates,
    seed,
  }: {
    shape: number[];
    depth: number;
    updates: number;
    seed: number;
  }) => {
    const rank = Math.min(depth, shape.length);
    const columns = Array.from({ length: rank }, (_, axis) => integers([updates], seed + axis, 0, shape[axis]!).data);
    const data = Array.from({ length: updates * rank }, (_, i) => columns[i % rank]![Math.floor(i / rank)]!);
    return { indices: { shape: [updates, rank], dtype: 'int32', data } satisfies Sample, rest: shape.slice(rank) };
  };

  it('gatherND', async () => {
    await check(slices, (drawn) =>
      sameValues(tf.gatherND, [sample(drawn.shape, drawn.seed), indicesOf(drawn).indices]),
    );
  });

  it('scatterND, tensorScatterUpdate and sparseToDense', async () => {
    await check(slices, async (drawn) => {
      const { indices, rest } = indicesOf(drawn);
      const updates = sample([drawn.updates, ...rest], drawn.seed + 9);
      await sameValues((i: tf.Tensor, u: tf.Tensor) => tf.scatterND(i, u, drawn.shape as never), [indices, updates]);
      await sameValues(tf.tensorScatterUpdate, [sample(drawn.shape, drawn.seed), indices, updates]);
      const numbers = integers([3], drawn.seed, 0, 5);
      await sameValues((v: tf.Tensor) => tf.sparseToDense(constant(numbers), v, [5], 0.5), [sample([3], drawn.seed)]);
    });
  });

  it('an index out of range is an error where it is written', async () => {
    await tf.setBackend('onnx');
    const outside = tf.tensor2d([[7]], [1, 1], 'int32');
    expect(() => tf.gatherND(tf.tensor1d([1, 2]), outside)).toThrow('Invalid indices: 7 does not index into 2');
    expect(() => tf.gather(tf.tensor1d([1, 2]), tf.tensor1d([2], 'int32'))).toThrow(
      'the index value 2 is not in [0, 1]',
    );
  });

  it('topk, searchSorted', async () => {
    await check(fc.tuple(shapes(3, 1, 6), fc.nat(5), seeds), async ([shape, k, seed]) => {
      const count = 1 + (k % shape.at(-1)!);
      await sameValues((x: tf.Tensor) => Object.values(tf.topk(x, count)), [sample(shape, seed)]);
      await sameValues((x: tf.Tensor) => Object.values(tf.topk(x, count)), [integers(shape, seed, 0, 3)]);
      const sorted = { ...sample([6], seed), data: [...integers([6], seed, 0, 5).data].sort((a, b) => a - b) };
      for (const side of ['left', 'right'] as const) {
        await sameValues(
          (list: tf.Tensor, x: tf.Tensor) => tf.searchSorted(list, x, side),
          [sorted, integers([4], seed + 1, -1, 6)].map((s) => ({ ...s, dtype: 'float32' as const })),
        );
      }
    });
  });

  it('bincount and denseBincount', async () => {
    await check(
      fc.tuple(size(6), size(5), fc.boolean(), fc.boolean(), seeds),
      async ([length, bins, weighted, binary, seed]) => {
        const weights = (shape: number[]) =>
          weighted ? sample(shape, seed + 1) : { shape: [0], dtype: 'float32' as const, data: [] };
        await sameValues(
          (x: tf.Tensor1D, w: tf.Tensor1D) => tf.bincount(x, w, bins),
          [integers([length], seed, 0, 6), weights([length])],
        );
        await sameValues(
          (x: tf.Tensor1D, w: tf.Tensor1D) => tf.denseBincount(x, w, bins, binary),
          [integers([length], seed, 0, 6), weights([length])],
        );
        const matrixWeights =
          weighted && !binary ? sample([2, length], seed + 1) : { shape: [0, 0], dtype: 'float32' as const, data: [] };
        await sameValues(
          (x: tf.Tensor2D, w: tf.Tensor2D) => tf.denseBincount(x, w, bins, binary),
          [integers([2, length], seed, 0, 6), matrixWeights],
        );
      },
    );
  });

  it('stridedSlice', async () => {
    await check(fc.tuple(shapes(3, 1, 6), fc.infiniteStream(fc.nat(100)), seeds), ([shape, numbers, seed]) => {
      const draw = () => numbers.next().value as number;
      const signs = shape.map(() => (draw() % 2 === 0 ? 1 : -1));
      const ends = shape.map((length, axis) =>
        [draw() % length, draw() % length].sort((a, b) => (a - b) * signs[axis]!),
      );
      const strides = signs.map((sign) => sign * (1 + (draw() % 2)));
      return sameValues(
        (x: tf.Tensor) =>
          tf.stridedSlice(
            x,
            ends.map(([begin]) => begin!),
            ends.map(([, end]) => end!),
            strides,
          ),
        [sample(shape, seed)],
      );
    });
  });
});

describe('rearrangement', () => {
  it('einsum', async () => {
    const equations = [
      ['ij,jk->ik', [2, 3], [3, 4]],
      ['bij,bjk->bik', [2, 2, 3], [2, 3, 2]],
      ['ij->ji', [2, 3]],
      ['ij->', [2, 3]],
      ['i,j->ij', [2], [3]],
      ['abc,ac->b', [2, 3, 2], [2, 2]],
    ] as const;
    for (const [equation, ...inputs] of equations) {
      await sameValues(
        (...xs: tf.Tensor[]) => tf.einsum(equation, ...xs),
        inputs.map((shape, i) => sample(shape as readonly number[], i)),
      );
    }
  });

  it('depthToSpace, diag, flips and broadcast arguments', async () => {
    await check(fc.tuple(size(2), size(3), size(2), seeds), async ([batch, side, channels, seed]) => {
      await sameValues((x: tf.Tensor4D) => tf.depthToSpace(x, 2), [sample([batch, side, side, channels * 4], seed)]);
      await sameValues(
        (x: tf.Tensor4D) => tf.depthToSpace(tf.maxPool(x, 1, 1, 'valid'), 2),
        [sample([batch, side, side, channels * 4], seed)],
      );
      await sameValues(tf.diag, [sample([side], seed)]);
      await sameValues(tf.diag, [bools([side, 2], seed)]);
      await sameValues(
        (x: tf.Tensor4D) => tf.image.flipLeftRight(x),
        [sample([batch, side, side + 1, channels], seed)],
      );
      await sameValues(
        (a: tf.Tensor, b: tf.Tensor) => tf.broadcastArgs(a, b),
        [integers([2], seed, 3, 4), { shape: [3], dtype: 'int32', data: [side, 1, 3] }],
      );
    });
  });

  it('symmetric and reflected padding of integers and bools', async () => {
    for (const x of [integers([3, 4], 1, 0, 9), bools([3, 4], 2)]) {
      await sameValues(
        (t: tf.Tensor) =>
          tf.mirrorPad(
            t,
            [
              [1, 2],
              [2, 0],
            ],
            'symmetric',
          ),
        [x],
      );
      await sameValues(
        (t: tf.Tensor) =>
          tf.mirrorPad(
            t,
            [
              [1, 2],
              [2, 0],
            ],
            'reflect',
          ),
        [x],
      );
      await sameValues(
        (t: tf.Tensor) =>
          tf.pad(t, [
            [1, 2],
            [2, 0],
          ]),
        [x],
      );
    }
  });
});

describe('images', () => {
  it('cropAndResize', async () => {
    const methods = ['bilinear', 'nearest'] as const;
    await check(
      fc.tuple(size(3), size(5), size(4), size(4), fc.nat(1), seeds),
      ([count, side, height, width, which, seed]) =>
        sameValues(
          (image: tf.Tensor4D, boxes: tf.Tensor2D, index: tf.Tensor1D) =>
            tf.image.cropAndResize(image, boxes, index, [height, width], methods[which], 0.5),
          [
            sample([2, side, side + 1, 3], seed),
            sample([count, 4], seed + 1, -0.2, 1.2),
            integers([count], seed, 0, 2),
          ],
        ),
      16,
    );
  });

  it('transform', async () => {
    const modes = ['constant', 'reflect', 'wrap', 'nearest'] as const;
    await check(
      fc.tuple(size(5, 2), fc.boolean(), fc.nat(3), seeds),
      ([side, bilinear, mode, seed]) => {
        const turn = sample([1, 8], seed, -0.4, 0.4);
        const data = turn.data.map((value, i) =>
          i === 0 || i === 4 ? 1 + value : i === 2 || i === 5 ? 4 * value : i > 5 ? value / 20 : value,
        );
        return sameValues(
          (image: tf.Tensor4D, matrix: tf.Tensor2D) =>
            tf.image.transform(image, matrix, bilinear ? 'bilinear' : 'nearest', modes[mode], 0.5, [side + 1, side]),
          [sample([1, side, side + 2, 2], seed), { ...turn, data }],
          1e-3,
        );
      },
      24,
    );
  });

  it('rotateWithOffset', async () => {
    await check(fc.tuple(size(2), size(6), size(4), seeds), ([batch, side, channels, seed]) =>
      sameValues(
        (image: tf.Tensor4D) => tf.image.rotateWithOffset(image, seed / 1e5, seed % 2 === 0 ? 0.25 : [1, 2, 3], 0.4),
        [sample([batch, side, side + 1, channels], seed)],
      ),
    );
  });

  it('maxPoolWithArgmax', async () => {
    await check(
      fc.tuple(size(2), size(6, 3), size(3), size(3), fc.boolean(), seeds),
      ([batch, side, kernel, strides, includeBatch, seed]) =>
        sameValues(
          (x: tf.Tensor4D) => Object.values(tf.maxPoolWithArgmax(x, kernel, strides, 'same', includeBatch)),
          [sample([batch, side, side + 1, 2], seed)],
        ),
    );
  });

  it('fused dense layers', async () => {
    const activations = ['linear', 'relu', 'sigmoid', 'elu', 'leakyrelu', 'relu6'] as const;
    await check(fc.tuple(size(4), size(4), size(4), fc.nat(5), seeds), ([rows, inner, columns, which, seed]) =>
      sameValues(
        (a: tf.Tensor2D, b: tf.Tensor2D, bias: tf.Tensor1D) =>
          tf.fused.matMul({ a, b, bias, activation: activations[which]! }),
        [sample([rows, inner], seed), sample([inner, columns], seed + 1), sample([columns], seed + 2)],
      ),
    );
  });

  it('fused convolutions', async () => {
    const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;
    await check(
      fc.tuple(size(2), size(6, 3), size(3), size(3), fc.nat(6), seeds),
      async ([batch, side, channels, filters, which, seed]) => {
        const activation = activations[which]!;
        const slopes = (count: number) =>
          activation === 'prelu' ? { preluActivationWeights: constant(sample([1, 1, count], seed + 3)) } : {};
        const x = sample([batch, side, side, channels], seed);
        await sameValues(
          (image: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
            tf.fused.conv2d({
              x: image,
              filter,
              strides: 1,
              pad: 'same',
              bias,
              activation,
              leakyreluAlpha: 0.3,
              ...slopes(filters),
            }),
          [x, sample([2, 3, channels, filters], seed + 1), sample([filters], seed + 2)],
        );
        await sameValues(
          (image: tf.Tensor4D, filter: tf.Tensor4D, bias: tf.Tensor1D) =>
            tf.fused.depthwiseConv2d({
              x: image,
              filter,
              strides: 1,
              pad: 'same',
              bias,
              activation,
              leakyreluAlpha: 0.3,
              ...slopes(channels),
            }),
          [x, sample([2, 3, channels, 1], seed + 1), sample([channels], seed + 2)],
        );
      },
      16,
    );
  });
});

describe('complex numbers', () => {
  it('complexAbs and the Fourier transform', async () => {
    await check(fc.tuple(size(3), size(9), seeds), async ([batch, length, seed]) => {
      const parts = [sample([batch, length], seed), sample([batch, length], seed + 1)];
      await sameValues((real: tf.Tensor, imag: tf.Tensor) => tf.abs(tf.complex(real, imag)), parts);
      const transformed = (spectrum: tf.Tensor) => [tf.real(spectrum), tf.imag(spectrum)];
      await sameValues(
        (real: tf.Tensor, imag: tf.Tensor) => transformed(tf.spectral.fft(tf.complex(real, imag))),
        parts,
      );
      await sameValues(
        (real: tf.Tensor, imag: tf.Tensor) => transformed(tf.spectral.ifft(tf.complex(real, imag))),
        parts,
      );
    });
  });
});
it('leaves no kernel out that has no gradient', () => {
  const unchecked = kernelNames().filter(
    (name) => kernelSupport(name) === 'native' && tf.getGradient(name) === undefined && !seenKernels.has(name),
  );
  // Gradients of kernels are called by gradients.test.ts, kernels that TensorFlow.js lacks by tests of their own.
  const compared = unchecked.filter((name) => tf.getKernel(name, 'cpu') !== undefined);
  expect(compared.filter((name) => !/Grad$|Backprop/.test(name))).toEqual([]);
});
