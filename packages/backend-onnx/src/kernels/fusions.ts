/**
 * Patterns of several tfjs kernels that are written as one operator. A fused form only replaces what nobody else reads:
 * the parts are still lowered, and dropped from the model when nothing needs them.
 */
import { NCHW } from '../graph/permutation.ts';
import { type GraphNode, sizeOf, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { convolve, infoOf } from './convolution.ts';
import { broadcastInputs } from './elementwise.ts';
import { addScattered, sumScatteredSquares } from './scattered-sum.ts';

/** Lowers the node in a fused form where one fits. */
export function lowerFused(graph: Lowering, node: GraphNode): boolean {
  if (graph.portable) return false;
  switch (node.kernel.name) {
    case 'Multiply':
      return gatedProduct(graph, node);
    case 'Add':
      return convolutionWith(graph, node, biasedConvolution(graph, node), false) || addScattered(graph, node);
    case 'Sum':
      return sumScatteredSquares(graph, node);
    case 'Relu':
      return convolutionWith(graph, node, rectifiedConvolution(graph, node), true);
    default:
      return false;
  }
}

/**
 * A product with a step function is how tfjs writes the gradient of ReLU. The step by itself has to keep NaN apart,
 * three passes over the data; here a NaN reaches the loss anyhow, and a clipped large multiple of x is the same gate in
 * one: 0 up to 1e-38, 1 from there on. Where max(x, 0) is in the graph it opens the same gate, and x need not be kept.
 */
function gatedProduct(graph: Lowering, node: GraphNode): boolean {
  const [a, b] = node.inputs as [Value, Value];
  const gate = isGate(b) ? b : isGate(a) ? a : undefined;
  const passed = gate === b ? a : b;
  if (gate === undefined || passed.dtype !== 'float32' || sizeOf(gate.shape) !== sizeOf(passed.shape)) return false;
  const out = node.outputs[0]!;
  const [stepped] = gate.node!.inputs as [Value];
  const x = graph.rectified(stepped) ?? stepped;
  const { refs, layout } = broadcastInputs(graph, [x, passed], out.shape.length);
  const large = graph.op('Mul', [refs[0]!, graph.scalar(1e38)]);
  const open = graph.op('Clip', [large, graph.scalar(0), graph.scalar(1)]);
  graph.define(out, graph.op('Mul', [open, refs[1]!]), layout);
  return true;
}

function isGate(value: Value): boolean {
  const { node, dtype } = value;
  return node?.kernel.name === 'Step' && node.attrs.alpha === 0 && dtype === 'float32';
}

interface BiasedConvolution {
  readonly convolution: GraphNode;
  readonly bias: Value | undefined;
}

/** An Add of a convolution's output and a vector of its channels, where nothing else reads the output. */
function biasedConvolution(graph: Lowering, add: GraphNode): BiasedConvolution | undefined {
  const [a, b] = add.inputs as [Value, Value];
  for (const [sum, bias] of [
    [a, b],
    [b, a],
  ] as const) {
    const convolution = trainedConvolution(graph, sum);
    if (convolution === undefined || bias.shape.length !== 1 || bias.shape[0] !== sum.shape.at(-1)) continue;
    if (bias.dtype === 'float32' && graph.readersOf(sum).every((reader) => reader === add))
      return { convolution, bias };
  }
  return undefined;
}

/** A ReLU of a convolution, with or without a bias, where only gates of its own gradient read the value before it. */
function rectifiedConvolution(graph: Lowering, relu: GraphNode): BiasedConvolution | undefined {
  const [x] = relu.inputs as [Value];
  const onlyGates = graph
    .readersOf(x)
    .every((reader) => reader === relu || (reader !== null && onlyOpensGates(graph, reader)));
  if (!onlyGates || x.node === null) return undefined;
  if (x.node.kernel.name === 'Add') return biasedConvolution(graph, x.node);
  const convolution = trainedConvolution(graph, x);
  return convolution === undefined ? undefined : { convolution, bias: undefined };
}

/** A Step that is read by products which take the gated form. */
function onlyOpensGates(graph: Lowering, step: GraphNode): boolean {
  const [out] = step.outputs as [Value];
  if (!isGate(out)) return false;
  return graph.readersOf(out).every((reader) => {
    if (reader === null || reader.kernel.name !== 'Multiply') return false;
    const [a, b] = reader.inputs as [Value, Value];
    const other = a === out ? b : a;
    return other !== out && !isGate(other) && other.dtype === 'float32' && sizeOf(other.shape) === sizeOf(out.shape);
  });
}

/** A convolution whose kernel is fed. ONNX Runtime fuses the others itself. */
function trainedConvolution(graph: Lowering, value: Value): GraphNode | undefined {
  const { node } = value;
  if (node?.kernel.name !== 'Conv2D' || node.attrs.dataFormat === 'NCHW') return undefined;
  return graph.isConstant(node.inputs[1]!) ? undefined : node;
}

function convolutionWith(
  graph: Lowering,
  node: GraphNode,
  found: BiasedConvolution | undefined,
  relu: boolean,
): boolean {
  if (found === undefined) return false;
  const [x, filter] = found.convolution.inputs as [Value, Value];
  const info = infoOf(x.shape, filter.shape, found.convolution.attrs);
  const bias = found.bias === undefined ? undefined : graph.ref(found.bias);
  graph.define(node.outputs[0]!, convolve(graph, x, filter, info, { bias, relu }), NCHW);
  return true;
}
