/** Batch normalisation with given statistics. */

import { NCHW } from '../graph/permutation.ts';
import type { Value } from '../graph/value.ts';
import { define, inputNamed } from './definition.ts';

define({
  name: 'FusedBatchNorm',
  outputs: ([x]) => [{ shape: x!.shape, dtype: 'float32' }],
  lower(graph, node) {
    const [x] = node.inputs as [Value];
    const mean = inputNamed(node, 'mean')!;
    const variance = inputNamed(node, 'variance')!;
    const scale = inputNamed(node, 'scale');
    const offset = inputNamed(node, 'offset');
    const epsilon = node.attrs.varianceEpsilon as number;
    const out = node.outputs[0]!;
    const parameters = [mean, variance, scale, offset].filter((value) => value !== undefined);
    const channels = x.shape.at(-1)!;
    // The operator itself where it fits, so that ONNX Runtime folds it into the convolution before it.
    if (x.shape.length === 4 && parameters.every((value) => value.shape.length === 1 && value.shape[0] === channels)) {
      const constant = (value: number) => graph.tensor('float32', new Float32Array(channels).fill(value), [channels]);
      const inputs = [
        graph.ref(x, NCHW),
        scale === undefined ? constant(1) : graph.ref(scale),
        offset === undefined ? constant(0) : graph.ref(offset),
        graph.ref(mean),
        graph.ref(variance),
      ];
      return graph.define(out, graph.op('BatchNormalization', inputs, { epsilon: { float: epsilon } }), NCHW);
    }
    const layout = graph.elementwiseLayout([x], x.shape.length);
    const at = (value: Value) => graph.broadcastRef(value, x.shape.length, layout);
    const deviation = graph.op('Sqrt', [graph.op('Add', [at(variance), graph.scalar(epsilon)])]);
    let result = graph.op('Div', [graph.op('Sub', [graph.ref(x, layout), at(mean)]), deviation]);
    if (scale !== undefined) result = graph.op('Mul', [result, at(scale)]);
    if (offset !== undefined) result = graph.op('Add', [result, at(offset)]);
    return graph.define(out, result, layout);
  },
});
