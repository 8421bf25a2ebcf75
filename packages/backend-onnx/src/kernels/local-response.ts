/** Local response normalisation over channels (Krizhevsky et al., 2012) and its gradient, on NCHW data. */
import { NCHW } from '../graph/permutation.ts';
import type { TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define } from './definition.ts';

const floats = (specs: readonly TensorSpec[]) => specs.every((spec) => spec.dtype === 'float32');
const windowOf = (attrs: Attrs) => 2 * (attrs.depthRadius as number) + 1;

define(
  {
    name: 'LRN',
    supports: floats,
    limits: 'float32 only',
    outputs: ([x]) => [{ shape: x!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const { bias, alpha, beta } = node.attrs as { bias: number; alpha: number; beta: number };
      const size = windowOf(node.attrs);
      // ONNX divides alpha by the size of the window; tfjs does not.
      const attributes = { size, bias: { float: bias }, alpha: { float: alpha * size }, beta: { float: beta } };
      graph.define(node.outputs[0]!, graph.op('LRN', [graph.ref(x, NCHW)], attributes), NCHW);
    },
  },
  {
    name: 'LRNGrad',
    supports: floats,
    limits: 'float32 only',
    outputs: ([x]) => [{ shape: x!.shape, dtype: 'float32' }],
    lower(graph, node) {
      const values = node.names.map((name, i) => [name, node.inputs[i]!] as const);
      const at = (wanted: string) => graph.ref(values.find(([name]) => name === wanted)![1], NCHW);
      const [x, y, dy] = [at('x'), at('y'), at('dy')];
      const { bias, alpha, beta } = node.attrs as { bias: number; alpha: number; beta: number };
      const multiply = (a: string, b: string) => graph.op('Mul', [a, b]);
      const { shape } = node.outputs[0]!;
      const sumAround = (name: string) => channelSums(graph, name, shape, windowOf(node.attrs));
      // With n = bias + alpha * (sum of x^2): dx = dy * n^-beta - 2 * alpha * beta * x * (sum of dy * y / n).
      const norm = graph.op('Add', [multiply(sumAround(multiply(x, x)), graph.scalar(alpha)), graph.scalar(bias)]);
      const own = multiply(dy, graph.op('Pow', [norm, graph.scalar(-beta)]));
      const shared = sumAround(graph.op('Div', [multiply(dy, y), norm]));
      const others = multiply(multiply(x, graph.scalar(2 * alpha * beta)), shared);
      graph.define(node.outputs[0]!, graph.op('Sub', [own, others]), NCHW);
    },
  },
);

/** Sums over `size` neighbouring channels, as an average with the padding counted. Logical shape NHWC. */
function channelSums(graph: Lowering, x: string, shape: readonly number[], size: number): string {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const planes = graph.reshape(x, [batch, 1, channels, height * width]);
  const radius = (size - 1) / 2;
  const averages = graph.op('AveragePool', [planes], {
    kernel_shape: [size, 1],
    pads: [radius, 0, radius, 0],
    count_include_pad: 1,
  });
  return graph.op('Mul', [graph.reshape(averages, [batch, channels, height, width]), graph.scalar(size)]);
}
