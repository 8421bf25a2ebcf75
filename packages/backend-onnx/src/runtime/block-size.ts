/** Finds the width of the channel blocks of ONNX Runtime's CPU kernels, which depends on the processor. */
import { Tensor } from 'onnxruntime-common';
import { BLOCKED } from '../kernels/blocked-convolution.ts';
import { IR_VERSION, OPSET } from '../onnx/lowering.ts';
import { writeModel } from '../onnx/writer.ts';
import type { Runtime } from './runtime.ts';

const CHANNELS = 64;
const POSITIONS = 2;

/**
 * Reorders a small image and looks where its second position went: behind one block of channels.
 * @returns 0 where the blocked operators are missing.
 */
export function probeBlockSize(runtime: Pick<Runtime, 'amend' | 'createSync'>): number {
  const dims = [1, CHANNELS, 1, POSITIONS];
  const numbered = Float32Array.from({ length: CHANNELS * POSITIONS }, (_, i) => i);
  const { model } = runtime.amend({
    graphName: 'block_size',
    nodes: [{ type: 'ReorderInput', domain: BLOCKED, name: 'reorder', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initializers: [],
    inputs: [{ name: 'x', type: 'float32', dims }],
    outputs: [{ name: 'y', type: 'float32', dims }],
    opsets: { '': OPSET, [BLOCKED]: 1 },
    irVersion: IR_VERSION,
    producer: { name: 'attune', version: '0.1.0' },
  });
  try {
    const session = runtime.createSync(writeModel(model), { profile: 'tiny' });
    const reordered = new Float32Array(numbered.length);
    session.runSync({ x: new Tensor('float32', numbered, dims) }, { y: new Tensor('float32', reordered, dims) });
    session.release();
    const block = reordered.indexOf(1);
    return block > 1 && block <= CHANNELS ? block : 0;
  } catch {
    // A build without these operators, or a processor that they are not written for.
    return 0;
  }
}
