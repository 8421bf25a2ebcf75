/** A layer of long short-term memory as one operator, for exports and inference. */
import { engine, type Tensor, type Tensor1D, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';
import { requireLstmShapes } from './kernels/recurrent.ts';

export interface LstmTensors {
  /** [T, N, E] float32: time first. */
  readonly x: Tensor;
  /** [E, 4H] float32. Gates lie side by side in the order i, f, g, o, as in tfjs-layers. */
  readonly input: Tensor;
  /** [H, 4H] float32. */
  readonly hidden: Tensor;
  /** [4H] float32. */
  readonly bias: Tensor;
  /** [N] int32: steps of each sequence, from 1 to T. */
  readonly lengths: Tensor;
}

/**
 * The state after each step of each sequence, [T, N, H], from a state of zeros; zeros past a sequence's end. In `exportOnnx`
 * T and N may be open.
 * @param reverse Each sequence from its own last step to its first.
 * @throws Error when the shapes do not fit together, or gradients are asked for: it has none.
 */
export function lstm({ x, input, hidden, bias, lengths }: LstmTensors, reverse = false): Tensor3D {
  const inputs = { x, input: input as Tensor2D, hidden: hidden as Tensor2D, bias: bias as Tensor1D, lengths };
  requireLstmShapes(inputs as never);
  return engine().runKernel('Lstm', inputs as never, { reverse }) as Tensor3D;
}
