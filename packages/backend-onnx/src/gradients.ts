/**
 * Registers tfjs's gradients. tfjs-core's own bundle for Node leaves them out, and the file that holds them is not
 * loadable there (ES modules without extensions); tfjs-layers registers them in Node and in browsers alike.
 */
import '@tensorflow/tfjs-layers';
import { reshape, Tensor } from '@tensorflow/tfjs-core';

/** Two gradients (Prod, GatherV2 with batches) call `tensor.reshape`, a chained op that nobody else registers. */
const chained = Tensor.prototype as unknown as { reshape?: (this: Tensor, shape: number[]) => Tensor };
chained.reshape ??= function (shape) {
  return reshape(this, shape);
};
