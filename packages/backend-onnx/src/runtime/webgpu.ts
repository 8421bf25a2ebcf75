/**
 * Rewrites models around what ONNX Runtime's WebGPU provider gets wrong (version 1.30). Each rewrite is right on any
 * provider, only slower, and says when it can go.
 */
import type { ModelProto, NodeProto, TensorProto } from '../onnx/writer.ts';

/** The model as WebGPU computes it correctly. */
export function amendForWebGpu(model: ModelProto): ModelProto {
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [...model.initializers];
  for (const node of model.nodes) {
    if (node.type === 'Conv' && padsOnlyAtEnd(node)) nodes.push(...withPaddedInput(node, initializers));
    else nodes.push(node);
  }
  return { ...model, nodes, initializers };
}

/**
 * Where a kernel is as large as the image, or of size 1, and nothing is padded in front, `Conv` becomes one matrix
 * product, and padding at the end is forgotten (conv.cc, `same_size`).
 */
function padsOnlyAtEnd({ attributes }: NodeProto): boolean {
  const pads = attributes.pads as readonly number[];
  const half = pads.length / 2;
  return pads.every((pad, i) => (i < half ? pad === 0 : true)) && pads.some((pad) => pad !== 0);
}

/**
 * The padding as a node of its own. It names its axes, because ONNX Runtime puts a `Pad` without them back into the
 * `Conv`, and all of them, because its change of layouts takes that for granted.
 */
function withPaddedInput(node: NodeProto, initializers: TensorProto[]): NodeProto[] {
  const pads = node.attributes.pads as readonly number[];
  const half = pads.length / 2;
  const names = { amounts: `${node.name}:pads`, axes: `${node.name}:axes`, padded: `${node.name}:padded` };
  initializers.push(int64s(names.amounts, [0, 0, ...pads.slice(0, half), 0, 0, ...pads.slice(half)]));
  initializers.push(int64s(names.axes, [...new Array(half + 2).keys()]));
  const [x, ...others] = node.inputs;
  return [
    {
      type: 'Pad',
      domain: '',
      name: names.padded,
      inputs: [x!, names.amounts, '', names.axes],
      outputs: [names.padded],
      attributes: {},
    },
    { ...node, inputs: [names.padded, ...others], attributes: { ...node.attributes, pads: pads.map(() => 0) } },
  ];
}

function int64s(name: string, values: readonly number[]): TensorProto {
  const { buffer } = BigInt64Array.from(values, BigInt);
  return { name, type: 'int64', dims: [values.length], data: new Uint8Array(buffer) };
}
