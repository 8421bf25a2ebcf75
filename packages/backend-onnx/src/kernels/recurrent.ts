/**
 * ONNX's operator for a layer of long short-term memory: all steps in one node, of a length that may be left open. TensorFlow.js
 * has no kernel of the kind, so it has no gradient and no form on the host; `lstm` in lstm.ts calls it.
 */
import type { TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { define } from './definition.ts';

define({
  name: 'Lstm',
  internal: true,
  outputs: ([x, , hidden]) => [{ shape: [...x!.shape.slice(0, 2), hidden!.shape[0]!], dtype: 'float32' }],
  lower(graph, node) {
    const [x, input, hidden, bias, lengths] = node.inputs as [Value, Value, Value, Value, Value];
    const size = hidden.shape[0]!;
    const states = graph.op(
      'LSTM',
      [
        graph.ref(x),
        direction(graph, gatesOfOnnx(graph, graph.op('Transpose', [graph.ref(input)], { perm: [1, 0] }), size)),
        direction(graph, gatesOfOnnx(graph, graph.op('Transpose', [graph.ref(hidden)], { perm: [1, 0] }), size)),
        direction(graph, bothBiases(graph, gatesOfOnnx(graph, graph.ref(bias), size), size)),
        graph.ref(lengths),
      ],
      { hidden_size: size, direction: node.attrs.reverse ? 'reverse' : 'forward' },
    );
    // [T, directions, N, H], of one direction.
    graph.define(node.outputs[0]!, graph.op('Squeeze', [states, graph.int64([1])]));
  },
});

/** Rows in the order i, f, g, o, put into ONNX's: i, o, f, g. */
function gatesOfOnnx(graph: Lowering, rows: string, size: number): string {
  const [i, f, g, o] = graph.ops('Split', [rows, graph.int64([size, size, size, size])], { axis: 0 }, { outputs: 4 });
  return graph.op('Concat', [i!, o!, f!, g!], { axis: 0 });
}

/** ONNX adds a bias to either product; one is enough. */
function bothBiases(graph: Lowering, bias: string, size: number): string {
  const none = graph.tensor('float32', new Float32Array(4 * size), [4 * size]);
  return graph.op('Concat', [bias, none], { axis: 0 });
}

const direction = (graph: Lowering, name: string): string => graph.op('Unsqueeze', [name, graph.int64([0])]);

/** @throws Error when the shapes are not those of one layer. */
export function requireLstmShapes(inputs: Readonly<Record<'x' | 'input' | 'hidden' | 'bias' | 'lengths', TensorSpec>>) {
  const [, count, from] = inputs.x.shape;
  const size = inputs.hidden.shape[0]!;
  const expected = { input: [from, 4 * size], hidden: [size, 4 * size], bias: [4 * size], lengths: [count] };
  if (inputs.x.shape.length !== 3) throw new Error(`lstm: x has the shape [${inputs.x.shape}], not [T, N, E]`);
  for (const [name, shape] of Object.entries(expected))
    if (inputs[name as keyof typeof expected].shape.join() !== shape.join())
      throw new Error(`lstm: ${name} has the shape [${inputs[name as keyof typeof expected].shape}], not [${shape}]`);
}
