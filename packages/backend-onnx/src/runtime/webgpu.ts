/**
 * What ONNX Runtime's WebGPU provider gets wrong (version 1.30), and the way around it: another form of the node, or the
 * node on the CPU. Found by tfjs's test suite on that provider; webgpu.test.ts has each case.
 */
import type { InferenceSession } from 'onnxruntime-common';
import type { ModelProto, NodeProto, TensorProto } from '../onnx/writer.ts';
import type { AmendedModel, ExecutionProvider } from './runtime.ts';

/** The model, and the names of the nodes that must run on the CPU, so that all of it is computed correctly. */
export function amendForWebGpu(model: ModelProto): AmendedModel {
  const constants = new Map(model.initializers.map((tensor) => [tensor.name, tensor]));
  const makers = new Map(model.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const integers = (name: string | undefined): readonly number[] | undefined => {
    const tensor = name === undefined ? undefined : constants.get(name);
    return tensor?.type === 'int64' ? Array.from(new BigInt64Array(tensor.data.slice().buffer), Number) : undefined;
  };
  /** The shape of a kernel that is a constant, or was reshaped to a constant shape. */
  const kernelShape = (name: string) => {
    const maker = makers.get(name);
    return maker?.type === 'Reshape' ? integers(maker.inputs[1]) : constants.get(name)?.dims;
  };

  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [...model.initializers];
  const cpuNodes: string[] = [];
  for (const node of model.nodes) {
    if (node.type === 'Conv' && padsOnlyAtEnd(node)) {
      nodes.push(...withPaddedInput(node, initializers));
      continue;
    }
    nodes.push(node);
    const { type, inputs } = node;
    const onCpu =
      (type === 'MaxPool' && node.outputs.length > 1) ||
      (type === 'ConvTranspose' && !transposesOnGpu(node, kernelShape(inputs[1]!))) ||
      (type === 'Slice' && countsDownFromInside(integers(inputs[1]), integers(inputs[4])));
    if (onCpu) cpuNodes.push(node.name);
  }
  return { model: { ...model, nodes, initializers }, cpuNodes };
}

/** The provider with its option for nodes that run on the CPU. */
export function withCpuNodes(
  provider: ExecutionProvider,
  names: readonly string[],
): InferenceSession.ExecutionProviderConfig {
  return provider === 'webgpu' && names.length > 0 ? { name: 'webgpu', forceCpuNodeNames: names } : provider;
}

/** Two dimensions at most; and groups of several input channels with one output channel come out wrong. */
function transposesOnGpu({ attributes }: NodeProto, kernel: readonly number[] | undefined): boolean {
  const size = attributes.kernel_shape as readonly number[];
  const group = (attributes.group as number | undefined) ?? 1;
  return size.length <= 2 && (group === 1 || kernel?.[0] === group);
}

/** With a negative step a slice starts at the last element, whatever its start says. */
function countsDownFromInside(starts: readonly number[] | undefined, steps: readonly number[] | undefined): boolean {
  return steps?.some((step, i) => step < 0 && starts?.[i] !== -1) ?? false;
}

/**
 * Where a kernel is as large as the image, or of size 1, and nothing is padded in front, `Conv` becomes one matrix
 * product, and padding at the end is forgotten.
 */
function padsOnlyAtEnd({ attributes }: NodeProto): boolean {
  const pads = (attributes.pads as readonly number[] | undefined) ?? [];
  const half = pads.length / 2;
  return pads.slice(0, half).every((pad) => pad === 0) && pads.slice(half).some((pad) => pad !== 0);
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
