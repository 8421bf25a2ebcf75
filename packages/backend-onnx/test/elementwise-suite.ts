/** Values and gradients of elementwise kernels, reductions and matrix products, against the cpu backend. Called by gradients.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { broadcasting, check, integers, sameGradients, sameValues, sample, seeds, shapes, size } from './compare.ts';

export function elementwiseSuite(): void {
  describe('unary kernels', () => {
    // Domains leave out the kinks and the ends.
    const cases: readonly [string, (x: tf.Tensor) => tf.Tensor, number, number][] = [
      ['abs', tf.abs, 0.1, 2],
      ['acos', tf.acos, -0.9, 0.9],
      ['acosh', tf.acosh, 1.2, 3],
      ['asin', tf.asin, -0.9, 0.9],
      ['asinh', tf.asinh, -2, 2],
      ['atan', tf.atan, -2, 2],
      ['atanh', tf.atanh, -0.9, 0.9],
      ['ceil', tf.ceil, -3, 3],
      ['clipByValue', (x) => tf.clipByValue(x, -0.5, 0.5), -1, 1],
      ['cos', tf.cos, -3, 3],
      ['cosh', tf.cosh, -2, 2],
      ['elu', tf.elu, -2, 2],
      ['erf', tf.erf, -2, 2],
      ['exp', tf.exp, -2, 2],
      ['expm1', tf.expm1, -2, 2],
      ['floor', tf.floor, -3, 3],
      ['leakyRelu', (x) => tf.leakyRelu(x, 0.3), -2, 2],
      ['log', tf.log, 0.1, 3],
      ['log1p', tf.log1p, -0.8, 3],
      ['neg', tf.neg, -2, 2],
      ['reciprocal', tf.reciprocal, 0.3, 3],
      ['relu', tf.relu, -2, 2],
      ['relu6', tf.relu6, -4, 8],
      ['round', tf.round, -3, 3],
      ['rsqrt', tf.rsqrt, 0.3, 3],
      ['selu', tf.selu, -2, 2],
      ['sigmoid', tf.sigmoid, -3, 3],
      ['sign', tf.sign, -3, 3],
      ['sin', tf.sin, -3, 3],
      ['sinh', tf.sinh, -2, 2],
      ['softplus', tf.softplus, -3, 3],
      ['sqrt', tf.sqrt, 0.3, 3],
      ['square', tf.square, -2, 2],
      ['step', (x) => tf.step(x, 0.2), -2, 2],
      ['tan', tf.tan, -1, 1],
      ['tanh', tf.tanh, -2, 2],
      ['zerosLike', tf.zerosLike, -1, 1],
      ['onesLike', tf.onesLike, -1, 1],
      ['identity', (x) => tf.mul(tf.clone(x), 2), -1, 1],
      ['cast', (x) => tf.add(tf.cast(x, 'float32'), 1), -1, 1],
    ];
    it.each(cases)('%s', async (_name, operation, low, high) => {
      await check(fc.tuple(shapes(), seeds), ([shape, seed]) =>
        sameGradients(operation, [sample(shape, seed, low, high)]),
      );
    });

    it('isNaN, isInf, isFinite', async () => {
      const awkward = {
        shape: [5],
        dtype: 'float32',
        data: [0, Number.NaN, Number.POSITIVE_INFINITY, -1, Number.NEGATIVE_INFINITY],
      } as const;
      for (const operation of [tf.isNaN, tf.isInf, tf.isFinite]) {
        await sameValues(operation, [awkward]);
        await sameGradients((x: tf.Tensor) => tf.mul(tf.cast(operation(x), 'float32'), x), [sample([5], 1)]);
      }
    });
  });

  describe('binary kernels', () => {
    const cases: readonly [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, number, number][] = [
      ['add', tf.add, -2, 2],
      ['sub', tf.sub, -2, 2],
      ['mul', tf.mul, -2, 2],
      ['div', tf.div, 0.5, 3],
      ['mod', tf.mod, 0.5, 3],
      ['pow', tf.pow, 0.5, 2],
      ['atan2', tf.atan2, -2, 2],
    ];
    it.each(cases)('%s', async (_name, operation, low, high) => {
      await check(fc.tuple(broadcasting, seeds), ([[a, b], seed]) =>
        sameGradients(operation, [sample(a, seed, low, high), sample(b, seed + 1, low, high)]),
      );
    });

    // tfjs has no gradients for these where they broadcast.
    const unbroadcast: readonly [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][] = [
      ['maximum', tf.maximum],
      ['minimum', tf.minimum],
      ['squaredDifference', tf.squaredDifference],
    ];
    it.each(unbroadcast)('%s', async (_name, operation) => {
      await check(fc.tuple(broadcasting, seeds), async ([[a, b], seed]) => {
        await sameValues(operation, [sample(a, seed), sample(b, seed + 1)]);
        await sameGradients(operation, [sample(a, seed), sample(a, seed + 1)]);
      });
    });

    it('floorDiv', async () => {
      // floorDiv asks for a gradient of its test for zero: the kernel is called by itself.
      const kernel = (a: tf.Tensor, b: tf.Tensor) => tf.engine().runKernel('FloorDiv', { a, b }) as tf.Tensor;
      await check(fc.tuple(broadcasting, seeds), ([[a, b], seed]) =>
        sameGradients(kernel, [sample(a, seed, 0.5, 3), sample(b, seed + 1, 0.5, 3)]),
      );
      await sameValues(tf.divNoNan, [sample([3, 2], 1), { shape: [2], dtype: 'float32', data: [0, 2] }]);
    });

    it('prelu', async () => {
      await check(fc.tuple(shapes(3, 1), seeds), ([shape, seed]) =>
        sameGradients(tf.prelu, [sample(shape, seed), sample(shape.slice(-1), seed + 1, 0, 1)]),
      );
    });

    it('where', async () => {
      await check(fc.tuple(shapes(), seeds), ([shape, seed]) =>
        sameGradients(
          (a: tf.Tensor, b: tf.Tensor) => tf.where(tf.tensor(integers(shape, seed, 0, 2).data, shape, 'bool'), a, b),
          [sample(shape, seed), sample(shape, seed + 1)],
        ),
      );
    });

    it('addN', async () => {
      await check(fc.tuple(shapes(), seeds), ([shape, seed]) =>
        sameGradients(
          (...xs: tf.Tensor[]) => tf.addN(xs),
          [0, 1, 2].map((i) => sample(shape, seed + i)),
        ),
      );
    });

    it('greaterEqual', async () => {
      await sameGradients(
        (a: tf.Tensor, b: tf.Tensor) => tf.mul(tf.cast(tf.greaterEqual(a, b), 'float32'), a),
        [sample([4], 1), sample([4], 2)],
      );
    });
  });

  describe('reductions', () => {
    const cases: readonly [string, (x: tf.Tensor, axis: number[], keepDims: boolean) => tf.Tensor][] = [
      ['sum', tf.sum],
      ['mean', tf.mean],
      ['max', tf.max],
      ['min', tf.min],
      ['prod', tf.prod],
      ['logSumExp', tf.logSumExp],
    ];
    it.each(cases)('%s', async (_name, operation) => {
      const arbitrary = fc.tuple(
        shapes(4, 1),
        fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        fc.boolean(),
        seeds,
      );
      await check(arbitrary, ([shape, chosen, keepDims, seed]) => {
        const axes = [...shape.keys()].filter((axis) => chosen[axis]);
        const all = axes.length === 0 ? [0] : axes;
        return sameGradients((x: tf.Tensor) => operation(x, all, keepDims), [sample(shape, seed, 0.5, 2)]);
      });
    });

    it('argMax and argMin', async () => {
      await check(fc.tuple(shapes(4, 1), seeds, fc.boolean()), ([shape, seed, least]) =>
        sameValues((x: tf.Tensor) => (least ? tf.argMin(x, -1) : tf.argMax(x, -1)), [sample(shape, seed)]),
      );
      for (const operation of [tf.argMin, tf.argMax]) {
        const withGradient = (x: tf.Tensor) => tf.add(tf.cast(operation(x, 1), 'float32'), tf.sum(x, 1));
        await sameGradients(withGradient, [sample([3, 4], 5)]);
      }
    });

    it('cumsum', async () => {
      await check(fc.tuple(shapes(3, 1), fc.boolean(), fc.boolean(), seeds), ([shape, exclusive, reverse, seed]) =>
        sameGradients((x: tf.Tensor) => tf.cumsum(x, shape.length - 1, exclusive, reverse), [sample(shape, seed)]),
      );
    });

    it('softmax and logSoftmax', async () => {
      await check(fc.tuple(shapes(3, 1), fc.boolean(), seeds), ([shape, log, seed]) =>
        sameGradients(log ? tf.logSoftmax : tf.softmax, [sample(shape, seed, -3, 3)]),
      );
    });
  });

  describe('matrix products', () => {
    it('matMul over batches and transpositions', async () => {
      const arbitrary = fc.tuple(size(3), size(3), size(4), size(4), size(4), fc.boolean(), fc.boolean(), seeds);
      await check(
        arbitrary,
        ([batch, outer, rows, inner, columns, left, right, seed]) => {
          const a = left ? [outer, batch, inner, rows] : [outer, batch, rows, inner];
          const b = right ? [outer, batch, columns, inner] : [outer, batch, inner, columns];
          return sameGradients(
            (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, left, right),
            [sample(a, seed), sample(b, seed + 1)],
          );
        },
        16,
      );
    });
  });
}
