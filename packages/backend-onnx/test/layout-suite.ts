/** Values and gradients of kernels that move elements, by shape or by index, against the cpu backend. Called by gradients.test.ts. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { check, integers, sameGradients, sameValues, sample, seeds, shapes, size } from './compare.ts';

export function layoutSuite(): void {
  describe('shapes', () => {
    it('transpose, reshape, expandDims, tile and reverse', async () => {
      const arbitrary = fc.tuple(shapes(4, 1), fc.infiniteStream(fc.nat(100)), seeds);
      await check(
        arbitrary,
        async ([shape, numbers, seed]) => {
          const draw = () => numbers.next().value as number;
          const perm = [...shape.keys()]
            .map((axis) => [draw(), axis] as const)
            .sort((a, b) => a[0] - b[0])
            .map(([, axis]) => axis);
          const reps = shape.map(() => 1 + (draw() % 3));
          const axis = draw() % shape.length;
          const operations: ((x: tf.Tensor) => tf.Tensor)[] = [
            (x) => tf.transpose(x, perm),
            (x) => tf.mul(tf.reshape(x, [-1]), 2),
            (x) => tf.mul(tf.expandDims(x, axis), 2),
            (x) => tf.tile(x, reps),
            (x) => tf.reverse(x, axis),
          ];
          for (const operation of operations) await sameGradients(operation, [sample(shape, seed)]);
        },
        5,
      );
    });

    it('concat, stack, split and unstack', async () => {
      await check(
        fc.tuple(shapes(4, 1), fc.nat(3), seeds),
        async ([shape, which, seed]) => {
          const axis = which % shape.length;
          const parts = [sample(shape, seed), sample(shape, seed + 1)];
          await sameGradients((a: tf.Tensor, b: tf.Tensor) => tf.concat([a, b], axis), parts);
          await sameGradients((a: tf.Tensor, b: tf.Tensor) => tf.stack([a, b], axis), parts);
          const joined = [
            sample(
              shape.map((length, i) => (i === axis ? 2 * length : length)),
              seed,
            ),
          ];
          await sameGradients((x: tf.Tensor) => tf.mul(...(tf.split(x, 2, axis) as [tf.Tensor, tf.Tensor])), joined);
          await sameGradients((x: tf.Tensor) => tf.addN(tf.unstack(x, axis)), joined);
        },
        6,
      );
    });

    it('slice, pad and mirrorPad', async () => {
      await check(
        fc.tuple(shapes(4, 1, 5), fc.infiniteStream(fc.nat(100)), seeds),
        async ([shape, numbers, seed]) => {
          const draw = () => numbers.next().value as number;
          const begin = shape.map((length) => draw() % length);
          const lengths = shape.map((length, axis) => 1 + (draw() % (length - begin[axis]!)));
          const paddings = shape.map((): [number, number] => [draw() % 3, draw() % 3]);
          const mirrored = shape.map((length): [number, number] => [draw() % length, draw() % length]);
          await sameGradients((x: tf.Tensor) => tf.slice(x, begin, lengths), [sample(shape, seed)]);
          await sameGradients((x: tf.Tensor) => tf.pad(x, paddings, 0.5), [sample(shape, seed)]);
          for (const mode of ['reflect', 'symmetric'] as const) {
            await sameGradients((x: tf.Tensor) => tf.mirrorPad(x, mirrored, mode), [sample(shape, seed)]);
          }
        },
        6,
      );
    });

    it('spaceToBatchND and batchToSpaceND', async () => {
      await check(fc.tuple(size(2), size(3), size(2), size(2), seeds), async ([batch, side, block, crop, seed]) => {
        const blocks = [block, 2];
        const cut = [
          [0, crop - 1],
          [1, 0],
        ];
        await sameGradients(
          (x: tf.Tensor) =>
            tf.spaceToBatchND(x, blocks, [
              [0, 0],
              [1, 1],
            ]),
          [sample([batch, side * block, 2, 2], seed)],
        );
        await sameGradients(
          (x: tf.Tensor) => tf.batchToSpaceND(x, blocks, cut),
          [sample([batch * block * 2, side, 2, 2], seed)],
        );
      });
    });
  });

  describe('indices', () => {
    it('gather and unsortedSegmentSum', async () => {
      await check(fc.tuple(shapes(3, 1), fc.nat(2), shapes(2, 1), seeds), async ([shape, which, indexShape, seed]) => {
        const axis = which % shape.length;
        const chosen = integers(indexShape, seed, 0, shape[axis]!);
        const indices = () => tf.tensor([...chosen.data], [...chosen.shape], 'int32');
        await sameGradients((x: tf.Tensor) => tf.gather(x, indices(), axis), [sample(shape, seed)]);
        const ids = integers([shape[0]!], seed, 0, 3);
        await sameGradients(
          (x: tf.Tensor) => tf.unsortedSegmentSum(x, tf.tensor1d([...ids.data], 'int32'), 3),
          [sample(shape, seed)],
        );
      });
    });

    it('oneHot', async () => {
      await check(fc.tuple(shapes(3), size(5, 2), seeds), ([shape, depth, seed]) =>
        sameValues((x: tf.Tensor) => tf.oneHot(x, depth), [integers(shape, seed, -1, depth + 1)]),
      );
    });
  });
}
