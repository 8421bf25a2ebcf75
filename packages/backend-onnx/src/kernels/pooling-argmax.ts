/** Maximum pooling that also says where each maximum was. */
import { backend_util, util } from '@tensorflow/tfjs-core';
import { NCHW } from '../graph/permutation.ts';
import type { TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { convAttributes, geometry } from './convolution.ts';
import { type Attrs, define } from './definition.ts';

function poolGeometry(x: readonly number[], attrs: Attrs) {
  type Shape = Parameters<typeof backend_util.computePool2DInfo>[0];
  util.assert(x.length === 4, () => `maxPoolWithArgmax: x must be rank 4 but got rank ${x.length}`);
  return geometry(backend_util.computePool2DInfo(x as Shape, attrs.filterSize, attrs.strides, [1, 1], attrs.pad));
}

define({
  name: 'MaxPoolWithArgmax',
  supports: ([x], attrs) => {
    const g = poolGeometry(x!.shape, attrs);
    return x!.dtype === 'float32' && g.padding.every((pads, axis) => pads.every((pad) => pad < g.kernel[axis]!));
  },
  limits: 'float32; padding smaller than the window',
  outputs: ([x], attrs) => {
    const g = poolGeometry(x!.shape, attrs);
    const shape = [g.batch, ...g.outSize, g.outChannels];
    return [
      { shape, dtype: 'float32' },
      { shape, dtype: 'int32' },
    ] satisfies TensorSpec[];
  },
  lower(graph, node) {
    const [x] = node.inputs as [Value];
    const g = poolGeometry(x.shape, node.attrs);
    const { kernel_shape, strides, pads } = convAttributes(g);
    // NaN wins no window.
    const ref = graph.ref(x, NCHW);
    const input = graph.op('Where', [graph.op('IsNaN', [ref]), graph.scalar(Number.NEGATIVE_INFINITY), ref]);
    const [pooled, winners] = graph.ops('MaxPool', [input], { kernel_shape, strides, pads }, { outputs: 2 });
    graph.define(node.outputs[0]!, pooled!, NCHW);
    const plane = g.inSize[0] * g.inSize[1];
    graph.define(
      node.outputs[1]!,
      channelsLast(graph, winners!, g, plane, node.attrs.includeBatchInIndex === true),
      NCHW,
    );
  },
});

/** Flat indices into [N, C, H, W], as ONNX gives them, as flat indices into [N, H, W, C] or, without the batch, [H, W, C]. */
function channelsLast(
  graph: Lowering,
  winners: string,
  { batch, inChannels }: { batch: number; inChannels: number },
  plane: number,
  withBatch: boolean,
): string {
  const position = graph.op('Mod', [winners, graph.int64([plane])]);
  const first = Array.from({ length: batch * inChannels }, (_, i) => {
    const sample = Math.floor(i / inChannels);
    return (i % inChannels) + (withBatch ? sample * plane * inChannels : 0);
  });
  const offsets = graph.tensor('int64', BigInt64Array.from(first, BigInt), [batch, inChannels, 1, 1]);
  const index = graph.op('Add', [graph.op('Mul', [position, graph.int64([inChannels])]), offsets]);
  return graph.cast(index, 'int32');
}
