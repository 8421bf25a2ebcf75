/** A compiled graph: an ONNX model in a session, with the values that it is fed and the ones that it makes. */
import { Tensor } from 'onnxruntime-common';
import { between, layoutKey, permute, transposeHost } from '../graph/permutation.ts';
import {
  allocate,
  type GraphNode,
  type HostArray,
  type Permutation,
  sizeOf,
  type TensorSpec,
  type Value,
} from '../graph/value.ts';
import { lowerFused } from '../kernels/fusions.ts';
import { Lowering } from '../onnx/lowering.ts';
import { type ModelProto, writeModel } from '../onnx/writer.ts';
import type { Feeds, Runtime, Session, SessionOptions } from './runtime.ts';

/** One fed or fetched tensor. */
export interface Port extends TensorSpec {
  readonly name: string;
  readonly permutation: Permutation;
}

/** What is to be compiled. Nodes in topological order; every input of a node is a leaf or made by an earlier node. */
export interface GraphSlice {
  readonly nodes: readonly GraphNode[];
  readonly leaves: readonly Value[];
  readonly outputs: readonly Value[];
}

export interface ProgramOptions extends SessionOptions {
  /** Leaves that are baked into the model. Default: none. */
  readonly constants?: ReadonlySet<Value>;
  /** Layouts in which leaves are fed; default: the layout that their data has. */
  readonly leafLayouts?: ReadonlyMap<Value, Permutation>;
  /** Layouts that outputs must come in; default: whatever layout they are made in. */
  readonly outputLayouts?: ReadonlyMap<Value, Permutation>;
}

export interface Program {
  readonly inputs: readonly (Port & { readonly leaf: number })[];
  readonly outputs: readonly Port[];
  readonly session: Session;
  /** Bytes of the serialised model. */
  readonly modelBytes: number;
}

/** Writes the slice as ONNX. Inputs are the leaves that are not constants, in order. */
export function lowerSlice(runtime: Runtime, slice: GraphSlice, options: Omit<ProgramOptions, 'profile'> = {}) {
  const graph = new Lowering({ blockSize: runtime.blockSize });
  graph.announce(slice.nodes, slice.outputs);
  const inputs: (Port & { leaf: number })[] = [];
  for (const [i, leaf] of slice.leaves.entries()) {
    const permutation = options.leafLayouts?.has(leaf) ? options.leafLayouts.get(leaf)! : leaf.permutation;
    if (options.constants?.has(leaf)) {
      graph.constantValue(leaf, `const${i}`);
      continue;
    }
    const name = `in${i}`;
    graph.input(leaf, name, permutation);
    inputs.push({ name, permutation, shape: leaf.shape, dtype: leaf.dtype, leaf: i });
  }
  for (const node of slice.nodes) graph.lower(node, lowerFused);
  const outputs = slice.outputs.map((value) => {
    const wanted = options.outputLayouts;
    return graph.output(value, wanted?.has(value) ? wanted.get(value)! : 'any');
  });
  const { model, outputNames } = graph.model(outputs);
  const ports = outputs.map(({ value, permutation }, i) => ({
    name: outputNames[i]!,
    permutation,
    shape: value.shape,
    dtype: value.dtype,
  }));
  return { model, inputs, outputs: ports };
}

export function compileSync(runtime: Runtime, slice: GraphSlice, options: ProgramOptions): Program {
  const { model, inputs, outputs } = lowerSlice(runtime, slice, options);
  const { bytes, sessionOptions } = serialise(runtime, model, options);
  const session = guard(() => runtime.createSync(bytes, sessionOptions), slice);
  return { inputs, outputs, session, modelBytes: bytes.length };
}

export async function compile(runtime: Runtime, slice: GraphSlice, options: ProgramOptions): Promise<Program> {
  const { model, inputs, outputs } = lowerSlice(runtime, slice, options);
  const { bytes, sessionOptions } = serialise(runtime, model, options);
  try {
    return { inputs, outputs, session: await runtime.create(bytes, sessionOptions), modelBytes: bytes.length };
  } catch (error) {
    throw explain(error, slice.nodes);
  }
}

function serialise(runtime: Runtime, model: ModelProto, options: ProgramOptions) {
  const amended = runtime.amend(model);
  return { bytes: writeModel(amended.model), sessionOptions: { ...options, cpuNodes: amended.cpuNodes } };
}

function guard<T>(make: () => T, slice: GraphSlice): T {
  try {
    return make();
  } catch (error) {
    throw explain(error, slice.nodes);
  }
}

/** Adds the tfjs op and its shapes to an error of ONNX Runtime, which names the node `<kernel>/<operator>_<n>`. */
export function explain(error: unknown, nodes: readonly GraphNode[]): Error {
  const message = error instanceof Error ? error.message : String(error);
  const kernel = /\b(\w+)\/\w+_\d+/.exec(message)?.[1];
  const suspects = nodes.filter((node) => node.kernel.name === kernel).slice(0, 3);
  const shapes = suspects.map(
    (node) => `${node.kernel.name}(${node.inputs.map((v) => `${v.dtype}[${v.shape}]`).join(', ')})`,
  );
  const where = shapes.length > 0 ? `tfjs op ${shapes.join(' or ')}` : `a graph of ${nodes.length} tfjs ops`;
  return new Error(`ONNX Runtime cannot run ${where}: ${message}`, { cause: error });
}

/** Data in the layout of the port; the value's own array where the layouts agree. */
export function dataFor(port: Port, value: Value): HostArray {
  if (value.data === null) throw new Error('internal: a program is fed a pending value');
  if (layoutKey(port.permutation) === layoutKey(value.permutation)) return value.data;
  const steps = between(value.permutation, port.permutation, value.shape.length)!;
  return transposeHost(value.data, permute(value.shape, value.permutation), steps);
}

export function onnxTensor(port: Port, data: HostArray): Tensor {
  return new Tensor(port.dtype, data as never, permute(port.shape, port.permutation));
}

/** Fresh output arrays and the tensors over them. */
export function allocateOutputs(program: Program): { data: HostArray[]; fetches: Feeds } {
  const data: HostArray[] = [];
  const fetches: Feeds = {};
  for (const port of program.outputs) {
    const array = allocate(port.dtype, sizeOf(port.shape));
    data.push(array);
    fetches[port.name] = onnxTensor(port, array);
  }
  return { data, fetches };
}
