/** Values and gradients of convolutions, pooling, resizing and normalisation, against the cpu backend. Called by gradients.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  check,
  dot,
  numbersOf,
  sameGradients,
  sameValues,
  sample,
  seeds,
  shapes,
  size,
  transposedGradient,
} from './compare.ts';

export function spatialSuite(): void {
  describe('convolutions', () => {
    const geometry = fc
      .record({
        batch: size(3),
        height: size(8, 3),
        width: size(8, 3),
        channels: size(3),
        filters: size(4),
        kernel: fc.tuple(size(3), size(3)),
        strides: fc.tuple(size(3), size(3)),
        pad: fc.constantFrom('same' as const, 'valid' as const, 1),
        seed: seeds,
      })
      // tfjs computes both sizes by the first stride where the padding is a number.
      .map((g) => (g.pad === 1 ? { ...g, strides: [g.strides[0], g.strides[0]] as [number, number] } : g));
    it('conv2d', async () => {
      await check(
        geometry,
        ({ batch, height, width, channels, filters, kernel, strides, pad, seed }) =>
          sameGradients(
            (x: tf.Tensor4D, f: tf.Tensor4D) =>
              tf.conv2d(x, f, strides, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined),
            [sample([batch, height, width, channels], seed), sample([...kernel, channels, filters], seed + 1)],
          ),
        24,
      );
    });

    it('conv2d with dilations, forwards', async () => {
      await check(
        fc.tuple(geometry, size(3), size(3)),
        ([{ batch, height, width, channels, filters, kernel, seed }, down, across]) =>
          sameValues(
            (x: tf.Tensor4D, f: tf.Tensor4D) => tf.conv2d(x, f, 1, 'same', 'NHWC', [down, across]),
            [sample([batch, height, width, channels], seed), sample([...kernel, channels, filters], seed + 1)],
          ),
      );
    });

    it('conv2dTranspose', async () => {
      await check(
        geometry,
        ({ batch, height, width, channels, filters, kernel, strides, seed }) =>
          sameGradients(
            (x: tf.Tensor4D, f: tf.Tensor4D) =>
              tf.conv2dTranspose(x, f, [batch, height * strides[0], width * strides[1], filters], strides, 'same'),
            [sample([batch, height, width, channels], seed), sample([...kernel, filters, channels], seed + 1)],
          ),
        12,
      );
    });

    it('depthwiseConv2d', async () => {
      await check(
        fc.tuple(geometry, size(3)),
        ([{ batch, height, width, channels, kernel, strides, pad, seed }, multiplier]) =>
          sameGradients(
            (x: tf.Tensor4D, f: tf.Tensor4D) =>
              tf.depthwiseConv2d(x, f, strides, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined),
            [sample([batch, height, width, channels], seed), sample([...kernel, channels, multiplier], seed + 1)],
          ),
        24,
      );
    });

    it('depthwise filter gradients in every form, dilations included', async () => {
      // Wide images take another form than small ones, and so do strides.
      const wide = fc.record({
        height: fc.constantFrom(5, 12, 40),
        strides: size(2),
        dilations: size(2),
        multiplier: size(2),
        batch: size(3),
        seed: seeds,
      });
      await check(
        wide,
        async ({ height, strides, dilations, multiplier, batch, seed }) => {
          const once = strides > 1 ? 1 : dilations;
          const [x, filterShape] = [
            [batch, height, height, 2] as [number, number, number, number],
            [3, 2, 2, multiplier] as [number, number, number, number],
          ];
          const out = tf.backend_util.computeConv2DInfo(
            x,
            filterShape,
            strides,
            once,
            'same',
            undefined,
            true,
          ).outShape;
          const [images, dy] = [sample(x, seed), sample(out, seed + 1)];
          const attributes = { strides: [strides, strides], pad: 'same', dilations: [once, once], filterShape };
          const gradient = await numbersOf(
            'onnx',
            (a: tf.Tensor, b: tf.Tensor) =>
              tf.engine().runKernel('DepthwiseConv2dNativeBackpropFilter', { x: a, dy: b }, attributes) as tf.Tensor,
            [images, dy],
          );
          // tfjs's own kernel leaves dilations out; the product with any filter must be that of the convolution with dy.
          const filter = sample(filterShape, seed + 2);
          const convolve = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.depthwiseConv2d(a, b, strides, 'same', 'NHWC', once);
          const image = await numbersOf('cpu', convolve, [images, filter]);
          const expected = dot(image, dy.data);
          expect(Math.abs(dot(gradient, filter.data) - expected)).toBeLessThan(1e-3 * (1 + Math.abs(expected)));
        },
        12,
      );
    });

    it('conv3d', async () => {
      const volume = fc.record({
        depth: size(5, 2),
        channels: size(2),
        filters: size(3),
        kernel: size(2),
        strides: size(2),
        pad: fc.constantFrom('same' as const, 'valid' as const),
        seed: seeds,
      });
      await check(volume, ({ depth, channels, filters, kernel, strides, pad, seed }) =>
        sameGradients(
          (x: tf.Tensor5D, f: tf.Tensor5D) => tf.conv3d(x, f, strides, pad),
          [sample([2, depth, depth + 1, 3, channels], seed), sample([kernel, kernel, 2, channels, filters], seed + 1)],
        ),
      );
    });

    it('dilation2d', async () => {
      await check(geometry, ({ batch, height, width, channels, kernel, strides, seed }) =>
        sameGradients(
          (x: tf.Tensor4D, f: tf.Tensor3D) => tf.dilation2d(x, f, strides, 'same'),
          [sample([batch, height, width, channels], seed), sample([...kernel, channels], seed + 1)],
        ),
      );
    });
  });

  describe('pooling', () => {
    const window = fc.record({
      batch: size(2),
      height: size(7, 3),
      width: size(7, 3),
      channels: size(3),
      kernel: fc.tuple(size(3), size(3)),
      strides: fc.tuple(size(3), size(3)),
      pad: fc.constantFrom('same' as const, 'valid' as const),
      seed: seeds,
    });
    it('maxPool', async () => {
      await check(
        window,
        ({ batch, height, width, channels, kernel, strides, pad, seed }) =>
          sameGradients(
            (x: tf.Tensor4D) => tf.maxPool(x, kernel, strides, pad),
            [sample([batch, height, width, channels], seed)],
          ),
        16,
      );
    });

    it('avgPool', async () => {
      await check(
        window,
        ({ batch, height, width, channels, kernel, strides, pad, seed }) => {
          const operation = (x: tf.Tensor4D) => tf.avgPool(x, kernel, strides, pad);
          const x = sample([batch, height, width, channels], seed);
          // tfjs's gradient forgets that padding does not count (see conformance/known-failures.json).
          return pad === 'valid'
            ? sameGradients(operation, [x])
            : sameValues(operation, [x]).then(() => transposedGradient(operation, x));
        },
        16,
      );
    });

    it('maxPool3d and avgPool3d', async () => {
      await check(
        fc.tuple(window, fc.boolean()),
        ([{ batch, height, width, kernel, strides, pad, seed }, average]) => {
          // tfjs's gradient takes height for width: square windows.
          const size3 = [2, kernel[0], kernel[0]] as [number, number, number];
          const strides3 = [1, ...strides.map((stride) => Math.min(stride, kernel[0]))] as [number, number, number];
          const x = sample([batch, 3, height, width, 2], seed);
          const operation = (v: tf.Tensor5D) =>
            average ? tf.avgPool3d(v, size3, strides3, pad) : tf.maxPool3d(v, size3, strides3, pad);
          return average && pad === 'same'
            ? sameValues(operation, [x]).then(() => transposedGradient(operation, x))
            : sameGradients(operation, [x]);
        },
        12,
      );
    });
  });

  describe('normalisation', () => {
    it('batchNorm', async () => {
      await check(fc.tuple(shapes(4, 2), seeds), ([shape, seed]) => {
        const channels = [shape.at(-1)!];
        return sameGradients(
          (x: tf.Tensor, mean: tf.Tensor1D, variance: tf.Tensor1D, offset: tf.Tensor1D, scale: tf.Tensor1D) =>
            tf.batchNorm(x, mean, variance, offset, scale),
          [
            sample(shape, seed),
            sample(channels, seed + 1),
            sample(channels, seed + 2, 0.5, 2),
            sample(channels, seed + 3),
            sample(channels, seed + 4),
          ],
        );
      });
    });

    it('localResponseNormalization', async () => {
      await check(fc.tuple(size(2), size(3), size(6), size(4, 0), seeds), ([batch, side, channels, radius, seed]) =>
        sameGradients(
          (x: tf.Tensor4D) => tf.localResponseNormalization(x, radius, 1, 0.5, 0.7),
          [sample([batch, side, side + 1, channels], seed)],
        ),
      );
    });
  });

  describe('resizing', () => {
    const arbitrary = fc.record({
      height: size(5),
      width: size(5),
      newHeight: size(9),
      newWidth: size(9),
      corners: fc.boolean(),
      centers: fc.boolean(),
      seed: seeds,
    });
    it.each([
      ['resizeBilinear', tf.image.resizeBilinear],
      ['resizeNearestNeighbor', tf.image.resizeNearestNeighbor],
    ] as const)('%s', async (_name, resize) => {
      await check(
        arbitrary,
        async ({ height, width, newHeight, newWidth, corners, centers, seed }) => {
          const half = centers && !corners;
          const operation = (x: tf.Tensor4D) => resize(x, [newHeight, newWidth], corners, half);
          const x = sample([2, height, width, 3], seed);
          await sameValues(operation, [x]);
          await transposedGradient(operation, x);
        },
        20,
      );
    });

    it('doubling of images of every width', async () => {
      for (const side of [3, 40, 100]) {
        const operation = (x: tf.Tensor4D) => tf.image.resizeBilinear(x, [2 * side, 2 * side], false, true);
        await sameValues(operation, [sample([1, side, side, 2], side)]);
        await transposedGradient(operation, sample([1, side, side, 2], side));
      }
    });
  });
}
