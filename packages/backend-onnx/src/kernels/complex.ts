/**
 * Kernels of complex numbers, which are pairs of real values in the graph: the inputs are called `real` and `imag`.
 * They are internal since tfjs's cpu kernels of these names take complex tensors.
 */
import { sizeOf, type TensorSpec, type Value } from '../graph/value.ts';
import { define, type KernelDefinition } from './definition.ts';

/** The discrete Fourier transform over the last dimension; outputs are the real and the imaginary part. */
function fourier(name: string, inverse: boolean): KernelDefinition {
  return {
    name,
    internal: true,
    outputs: ([real]) => [0, 1].map((): TensorSpec => ({ shape: real!.shape, dtype: 'float32' })),
    lower(graph, node) {
      const { shape } = node.inputs[0]!;
      const length = shape.at(-1)!;
      const column = [sizeOf(shape) / length, length, 1];
      const signal = graph.op(
        'Concat',
        node.inputs.map((part) => graph.reshape(graph.ref(part), column)),
        { axis: 2 },
      );
      const spectrum = graph.op('DFT', [signal], { axis: 1, inverse: inverse ? 1 : 0 });
      const parts = graph.ops('Split', [spectrum, graph.int64([1, 1])], { axis: 2 }, { outputs: 2 });
      for (const [i, out] of node.outputs.entries()) graph.define(out, graph.reshape(parts[i]!, shape));
    },
  };
}

define(fourier('FFT', false), fourier('IFFT', true), {
  name: 'ComplexAbs',
  internal: true,
  outputs: ([real]) => [{ shape: real!.shape, dtype: 'float32' }],
  lower(graph, node) {
    const [real, imag] = node.inputs as [Value, Value];
    // By the larger part, so that no square overflows. The bound is the smallest number that is not denormal.
    const [a, b] = [real, imag].map((part) => graph.op('Abs', [graph.ref(part)])) as [string, string];
    const large = graph.op('Max', [a, b]);
    const ratio = graph.op('Div', [graph.op('Min', [a, b]), graph.op('Max', [large, graph.scalar(1.2e-38)])]);
    const stretch = graph.op('Sqrt', [graph.op('Add', [graph.op('Mul', [ratio, ratio]), graph.scalar(1)])]);
    graph.define(node.outputs[0]!, graph.op('Mul', [large, stretch]));
  },
});
