/** Unary and binary kernels. They work in whatever layout their inputs have. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { DType, GraphNode, Permutation, TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';
import { type Attrs, define, type KernelDefinition } from './definition.ts';

type Body = (graph: Lowering, x: string, node: GraphNode, attrs: Attrs) => string;

/** A kernel of one input whose output has the same shape. */
function unary(
  name: string,
  body: Body,
  options: { dtype?: DType; integers?: 'keep' | 'float' } = {},
): KernelDefinition {
  return {
    name,
    outputs: ([x]) => [
      { shape: x!.shape, dtype: options.dtype ?? (options.integers === 'keep' ? x!.dtype : 'float32') },
    ],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const layout = graph.preferredLayout(x);
      let name = graph.ref(x, layout);
      if (x.dtype !== 'float32' && options.integers !== 'keep') name = graph.cast(name, 'float32');
      graph.define(node.outputs[0]!, body(graph, name, node, node.attrs), layout);
    },
  };
}

/** One ONNX operator. */
const simple =
  (type: string): Body =>
  (graph, x) =>
    graph.op(type, [x]);

/** The constant `value` in the dtype of the node's first input. */
function like(graph: Lowering, node: GraphNode, value: number): string {
  return graph.scalar(value, node.inputs[0]!.dtype);
}

/** ONNX operators on float32 that tfjs also takes integers for. */
function floatOnly(name: string, type: string): KernelDefinition {
  return unary(name, simple(type));
}

/** Operators that exist for integers as well, so that the dtype is kept. Bool counts as 0 and 1. */
function keeps(name: string, body: Body): KernelDefinition {
  return {
    name,
    outputs: ([x]) => [{ shape: x!.shape, dtype: x!.dtype === 'bool' ? 'int32' : x!.dtype }],
    lower(graph, node) {
      const [x] = node.inputs as [Value];
      const layout = graph.preferredLayout(x);
      let name = graph.ref(x, layout);
      if (x.dtype === 'bool') name = graph.cast(name, 'int32');
      graph.define(node.outputs[0]!, body(graph, name, node, node.attrs), layout);
    },
  };
}

const scalarOps: Record<string, (graph: Lowering, x: string) => string> = {
  relu: (graph, x) => graph.op('Relu', [x]),
  relu6: (graph, x) => graph.op('Clip', [x, graph.scalar(0), graph.scalar(6)]),
  sigmoid: (graph, x) => graph.op('Sigmoid', [x]),
  elu: (graph, x) => graph.op('Elu', [x]),
  linear: (_graph, x) => x,
};

/** Applies one of tfjs's fused activations. */
export function activate(
  graph: Lowering,
  x: string,
  activation: string,
  prelu: string | undefined,
  leakyreluAlpha: number | undefined,
): string {
  if (activation === 'prelu') return graph.op('PRelu', [x, prelu!]);
  if (activation === 'leakyrelu') return graph.op('LeakyRelu', [x], { alpha: { float: leakyreluAlpha ?? 0.2 } });
  const body = scalarOps[activation];
  if (body === undefined) throw new Error(`fused activation '${activation}' is not known`);
  return body(graph, x);
}

define(
  keeps('Abs', simple('Abs')),
  floatOnly('Acos', 'Acos'),
  floatOnly('Acosh', 'Acosh'),
  floatOnly('Asin', 'Asin'),
  floatOnly('Asinh', 'Asinh'),
  floatOnly('Atan', 'Atan'),
  floatOnly('Atanh', 'Atanh'),
  floatOnly('Ceil', 'Ceil'),
  floatOnly('Cos', 'Cos'),
  floatOnly('Cosh', 'Cosh'),
  unary('Elu', simple('Elu')),
  floatOnly('Erf', 'Erf'),
  floatOnly('Exp', 'Exp'),
  unary('Expm1', (graph, x) => {
    // exp(x) - 1 loses everything near 0: there, tanh(x / 2) * (exp(x) + 1) is the same and keeps it.
    const exp = graph.op('Exp', [x]);
    const plain = graph.op('Sub', [exp, graph.scalar(1)]);
    const half = graph.op('Tanh', [graph.op('Mul', [x, graph.scalar(0.5)])]);
    const near = graph.op('Mul', [half, graph.op('Add', [exp, graph.scalar(1)])]);
    return graph.op('Where', [graph.op('Less', [graph.op('Abs', [x]), graph.scalar(0.5)]), near, plain]);
  }),
  floatOnly('Floor', 'Floor'),
  unary(
    'IsFinite',
    (graph, x) => {
      const bad = graph.op('Or', [graph.op('IsInf', [x]), graph.op('IsNaN', [x])]);
      return graph.op('Not', [bad]);
    },
    { dtype: 'bool' },
  ),
  unary('IsInf', simple('IsInf'), { dtype: 'bool' }),
  unary('IsNan', simple('IsNaN'), { dtype: 'bool' }),
  unary('LeakyRelu', (graph, x, _node, attrs) =>
    graph.op('LeakyRelu', [x], { alpha: { float: attrs.alpha as number } }),
  ),
  floatOnly('Log', 'Log'),
  unary('Log1p', (graph, x) => {
    // log(1 + x) near 0 by log(u) * x / (u - 1) with u = 1 + x as it was rounded (Kahan).
    const u = graph.op('Add', [x, graph.scalar(1)]);
    const gap = graph.op('Sub', [u, graph.scalar(1)]);
    const exact = graph.op('Div', [graph.op('Mul', [graph.op('Log', [u]), x]), gap]);
    const finite = graph.op('Less', [graph.op('Abs', [x]), graph.scalar(1)]);
    const far = graph.op('Where', [finite, exact, graph.op('Log', [u])]);
    return graph.op('Where', [graph.op('Equal', [gap, graph.scalar(0)]), x, far]);
  }),
  unary('LogicalNot', simple('Not'), { dtype: 'bool', integers: 'keep' }),
  keeps('Neg', simple('Neg')),
  floatOnly('Reciprocal', 'Reciprocal'),
  keeps('Relu', simple('Relu')),
  keeps('Relu6', (graph, x, node) => {
    const [zero, six] =
      node.inputs[0]!.dtype === 'float32'
        ? [graph.scalar(0), graph.scalar(6)]
        : [graph.scalar(0, 'int32'), graph.scalar(6, 'int32')];
    return graph.op('Clip', [x, zero, six]);
  }),
  keeps('Round', (graph, x, node) => (node.outputs[0]!.dtype === 'int32' ? x : graph.op('Round', [x]))),
  unary('Rsqrt', (graph, x) => graph.op('Reciprocal', [graph.op('Sqrt', [x])])),
  unary('Selu', (graph, x) =>
    graph.op('Selu', [x], {
      alpha: { float: backend_util.SELU_SCALEALPHA / backend_util.SELU_SCALE },
      gamma: { float: backend_util.SELU_SCALE },
    }),
  ),
  floatOnly('Sigmoid', 'Sigmoid'),
  keeps('Sign', (graph, x, node) => {
    const sign = graph.op('Sign', [x]);
    if (node.outputs[0]!.dtype === 'int32') return sign;
    return graph.op('Where', [graph.op('IsNaN', [x]), graph.scalar(0), sign]);
  }),
  floatOnly('Sin', 'Sin'),
  floatOnly('Sinh', 'Sinh'),
  floatOnly('Softplus', 'Softplus'),
  floatOnly('Sqrt', 'Sqrt'),
  keeps('Square', (graph, x) => graph.op('Mul', [x, x])),
  keeps('Step', (graph, x, node, attrs) => {
    // 1 above 0, alpha below or at 0, NaN stays NaN.
    const { dtype } = node.outputs[0]!;
    const above = graph.op('Greater', [x, graph.scalar(0, dtype)]);
    const step = graph.op('Where', [above, graph.scalar(1, dtype), graph.scalar(attrs.alpha as number, dtype)]);
    return dtype === 'int32' ? step : graph.op('Where', [graph.op('IsNaN', [x]), x, step]);
  }),
  unary('Tan', (graph, x) => {
    // Near the poles float32 sines are not exact enough.
    const exact = graph.cast(x, 'float64');
    return graph.cast(graph.op('Div', [graph.op('Sin', [exact]), graph.op('Cos', [exact])]), 'float32');
  }),
  floatOnly('Tanh', 'Tanh'),
  unary(
    'ClipByValue',
    (graph, x, node, attrs) => {
      const [low, high] = [attrs.clipValueMin as number, attrs.clipValueMax as number];
      return graph.op('Clip', [x, like(graph, node, low), like(graph, node, high)]);
    },
    { integers: 'keep' },
  ),
);

// ---- binary ----

type BinaryBody = (graph: Lowering, a: string, b: string, dtype: DType) => string;

/** The shape that two shapes broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return backend_util.assertAndGetBroadcastShape([...a], [...b]);
}

interface BinaryOptions {
  /** Dtype of the output; default: that of the inputs. */
  readonly dtype?: DType | undefined;
  /** Inputs are cast to this first. */
  readonly compute?: (dtype: DType) => DType;
  readonly supports?: KernelDefinition['supports'];
  readonly limits?: string;
}

function binary(name: string, body: BinaryBody, options: BinaryOptions = {}): KernelDefinition {
  return {
    name,
    outputs: ([a, b]) => [{ shape: broadcastShape(a!.shape, b!.shape), dtype: options.dtype ?? resultDtype(a!, b!) }],
    ...(options.supports === undefined ? {} : { supports: options.supports }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    lower(graph, node) {
      const out = node.outputs[0]!;
      const { refs, layout } = broadcastInputs(graph, node.inputs, out.shape.length);
      const common = widest(node.inputs);
      const compute = options.compute?.(common) ?? common;
      const [a, b] = refs.map((ref, i) => (node.inputs[i]!.dtype === compute ? ref : graph.cast(ref, compute)));
      let result = body(graph, a!, b!, compute);
      if (options.dtype === undefined && compute !== out.dtype) result = graph.cast(result, out.dtype);
      graph.define(out, result, layout);
    },
  };
}

/** Names of broadcasting inputs in a common layout. */
export function broadcastInputs(
  graph: Lowering,
  inputs: readonly Value[],
  rank: number,
): { refs: string[]; layout: Permutation } {
  const layout = graph.elementwiseLayout(inputs, rank);
  return { refs: inputs.map((input) => graph.broadcastRef(input, rank, layout)), layout };
}

function widest(inputs: readonly TensorSpec[]): DType {
  if (inputs.some((input) => input.dtype === 'float32')) return 'float32';
  return inputs.some((input) => input.dtype === 'int32') ? 'int32' : 'bool';
}

const resultDtype = (a: TensorSpec, b: TensorSpec): DType => widest([a, b]);

/** Arithmetic on bools is done on integers. */
const arithmetic = (dtype: DType): DType => (dtype === 'bool' ? 'int32' : dtype);
const asFloat = (): DType => 'float32';
const asBool = (): DType => 'bool';

const plain =
  (type: string): BinaryBody =>
  (graph, a, b) =>
    graph.op(type, [a, b]);
const comparison = (type: string): BinaryBody => plain(type);

/** The quotient rounded towards minus infinity; an integer whatever the inputs, as in tfjs. */
const floorDiv: BinaryBody = (graph, a, b) => graph.cast(graph.op('Floor', [graph.op('Div', [a, b])]), 'int32');

define(
  binary('Add', plain('Add'), { compute: arithmetic }),
  binary('Sub', plain('Sub'), { compute: arithmetic }),
  binary('Multiply', plain('Mul'), { compute: arithmetic }),
  binary('RealDiv', plain('Div'), { compute: asFloat, dtype: 'float32' }),
  binary('FloorDiv', floorDiv, { compute: asFloat, dtype: 'int32' }),
  binary('Maximum', plain('Max'), { compute: arithmetic }),
  binary('Minimum', plain('Min'), { compute: arithmetic }),
  binary(
    'Mod',
    (graph, a, b, dtype) => {
      if (dtype === 'int32') return graph.op('Mod', [a, b]);
      // fmod takes the sign of a; tfjs's takes that of b.
      const rest = graph.op('Mod', [a, b], { fmod: 1 });
      const unequal = graph.op('Less', [graph.op('Mul', [rest, b]), graph.scalar(0)]);
      return graph.op('Where', [unequal, graph.op('Add', [rest, b]), rest]);
    },
    { compute: arithmetic },
  ),
  binary('Pow', plain('Pow'), { compute: arithmetic }),
  binary(
    'SquaredDifference',
    (graph, a, b) => {
      const difference = graph.op('Sub', [a, b]);
      return graph.op('Mul', [difference, difference]);
    },
    { compute: arithmetic },
  ),
  binary('Equal', comparison('Equal'), { dtype: 'bool' }),
  binary('NotEqual', (graph, a, b) => graph.op('Not', [graph.op('Equal', [a, b])]), { dtype: 'bool' }),
  binary('Greater', comparison('Greater'), { dtype: 'bool', compute: arithmetic }),
  binary('GreaterEqual', comparison('GreaterOrEqual'), { dtype: 'bool', compute: arithmetic }),
  binary('Less', comparison('Less'), { dtype: 'bool', compute: arithmetic }),
  binary('LessEqual', comparison('LessOrEqual'), { dtype: 'bool', compute: arithmetic }),
  binary('LogicalAnd', plain('And'), { dtype: 'bool', compute: asBool }),
  binary('LogicalOr', plain('Or'), { dtype: 'bool', compute: asBool }),
  binary('BitwiseAnd', plain('BitwiseAnd')),
  binary(
    'Atan2',
    (graph, y, x) => {
      // ONNX has atan only: shift by pi in the left half plane, with the sign of y; the y axis apart.
      const [zero, pi] = [graph.scalar(0), graph.scalar(Math.PI)];
      const angle = graph.op('Atan', [graph.op('Div', [y, x])]);
      const yNegative = graph.op('Less', [y, zero]);
      const shift = graph.op('Where', [yNegative, graph.scalar(-Math.PI), pi]);
      const left = graph.op('Where', [graph.op('Less', [x, zero]), graph.op('Add', [angle, shift]), angle]);
      const axis = graph.op('Mul', [graph.op('Sign', [y]), graph.scalar(Math.PI / 2)]);
      return graph.op('Where', [graph.op('Equal', [x, zero]), axis, left]);
    },
    { compute: asFloat, dtype: 'float32' },
  ),
  binary('EluGrad', (graph, dy, y) => {
    const slope = graph.op('Where', [
      graph.op('Less', [y, graph.scalar(0)]),
      graph.op('Add', [y, graph.scalar(1)]),
      graph.scalar(1),
    ]);
    return graph.op('Mul', [dy, slope]);
  }),
  binary(
    'Prelu',
    (graph, x, alpha) => graph.op('Where', [graph.op('Less', [x, graph.scalar(0)]), graph.op('Mul', [x, alpha]), x]),
    {
      compute: asFloat,
      dtype: 'float32',
    },
  ),
);

define({
  name: 'AddN',
  outputs: (inputs) => [{ shape: inputs[0]!.shape, dtype: inputs[0]!.dtype }],
  lower(graph, node) {
    const out = node.outputs[0]!;
    const { refs, layout } = broadcastInputs(graph, node.inputs, out.shape.length);
    graph.define(
      out,
      refs.slice(1).reduce((sum, ref) => graph.op('Add', [sum, ref]), refs[0]!),
      layout,
    );
  },
});

define({
  name: 'Select',
  outputs: ([, t]) => [{ shape: t!.shape, dtype: t!.dtype }],
  lower(graph, node) {
    const [condition, t, e] = node.inputs as [Value, Value, Value];
    const out = node.outputs[0]!;
    // A condition of rank 1 chooses rows: it stands at the first axis, not at the last.
    const rows = condition.shape.length === 1 && t.shape.length > 1;
    const layout = graph.elementwiseLayout(rows ? [t, e] : [condition, t, e], out.shape.length);
    let mask = rows
      ? graph.reshape(graph.ref(condition), [condition.shape[0]!, ...new Array<number>(t.shape.length - 1).fill(1)])
      : graph.broadcastRef(condition, out.shape.length, layout);
    if (rows && layout !== null) mask = graph.op('Transpose', [mask], { perm: [...layout] });
    let [yes, no] = [graph.broadcastRef(t, out.shape.length, layout), graph.broadcastRef(e, out.shape.length, layout)];
    if (condition.dtype !== 'bool') mask = graph.cast(mask, 'bool');
    if (out.dtype === 'bool') [yes, no] = [graph.cast(yes, 'int32'), graph.cast(no, 'int32')];
    const chosen = graph.op('Where', [mask, yes, no]);
    graph.define(out, out.dtype === 'bool' ? graph.cast(chosen, 'bool') : chosen, layout);
  },
});

define({
  name: 'Cast',
  outputs: ([x], attrs) => [{ shape: x!.shape, dtype: attrs.dtype as DType }],
  lower(graph, node) {
    const [x] = node.inputs as [Value];
    const layout = graph.preferredLayout(x);
    graph.define(node.outputs[0]!, graph.cast(graph.ref(x, layout), node.attrs.dtype as DType), layout);
  },
});
