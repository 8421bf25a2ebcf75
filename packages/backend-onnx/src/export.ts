/**
 * Writes a function of tensors as an ONNX model that others can run: only standard operators, named inputs and outputs,
 * shapes, and a batch dimension that is left open where it was asked for.
 *
 * An open batch is found by tracing twice, with two sizes, and comparing: whatever differs depends on the batch. Shapes of
 * reshapes get -1 there; anything else that differs could not follow another batch, and is refused.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { OnnxBackend } from './backend.ts';
import { type StepOutputs, type Trace, traceStep } from './capture/trace.ts';
import type { DType } from './graph/value.ts';
import { Lowering } from './onnx/lowering.ts';
import { type ModelProto, type TensorProto, type ValueInfoProto, writeModel } from './onnx/writer.ts';

export interface ExportInput {
  readonly name: string;
  /** Null as the first dimension leaves the batch open. */
  readonly shape: readonly (number | null)[];
  /** Default `float32`. */
  readonly dtype?: DType;
}

export interface ExportOptions {
  /** Names of the outputs. Default: `output`, the keys of a returned record, or `output_0`, `output_1`, ... */
  readonly outputNames?: readonly string[];
  /** Name of the graph. Default `attune`. */
  readonly name?: string;
  /** Stored in the model as texts. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A function of tensors, or a model with one: tfjs's `predict`, or `apply` of a network. */
export type Exportable =
  | ((...inputs: Tensor[]) => StepOutputs)
  | { predict(input: Tensor): unknown }
  | { apply(input: Tensor): unknown };

const BATCHES = [2, 3] as const;

/**
 * The ONNX model of `model`. Variables are written with the values that they have now; in a browser await their `data()`
 * before, so that they have them.
 * @throws when it assigns variables, draws random numbers, or cannot follow an open batch.
 */
export function exportOnnx(model: Exportable, inputs: readonly ExportInput[], options: ExportOptions = {}): Uint8Array {
  const { backend } = engine();
  if (!(backend instanceof OnnxBackend))
    throw new Error("exportOnnx needs the onnx backend: await tf.setBackend('onnx')");
  // Where runs cannot block, what is still to be computed is written as the operations that compute it.
  if (backend.runtime.synchronous) backend.flushSync();
  const fn = functionOf(model);
  const open = inputs.some(({ shape }) => shape[0] === null);
  const traced = (open ? BATCHES : [1]).map((batch) => portableModel(backend, fn, inputs, batch, options));
  return writeModel(open ? withOpenBatch(traced[0]!, traced[1]!) : traced[0]!);
}

function functionOf(model: Exportable): (...inputs: Tensor[]) => StepOutputs {
  if (typeof model === 'function') return model as (...inputs: Tensor[]) => StepOutputs;
  if ('predict' in model) return (input) => model.predict(input!) as StepOutputs;
  return (input) => model.apply(input!) as StepOutputs;
}

function portableModel(
  backend: OnnxBackend,
  fn: (...inputs: Tensor[]) => StepOutputs,
  inputs: readonly ExportInput[],
  batch: number,
  options: ExportOptions,
): ModelProto {
  const specs = inputs.map(
    ({ shape, dtype }) => ({ shape: shape.map((d) => d ?? batch), dtype: dtype ?? 'float32' }) as const,
  );
  const trace = traceStep(backend, fn, specs);
  if (trace.state.length > 0)
    throw new Error(
      'a function that assigns variables is a training step and has no ONNX form: export the forward pass',
    );
  const graph = new Lowering({ portable: true });
  for (const [i, leaf] of trace.slice.leaves.entries()) {
    const source = trace.sources.get(leaf)!;
    if (source.kind === 'random')
      throw new Error('a function that draws random numbers cannot be exported: switch dropout off');
    if (source.kind === 'input') graph.input(leaf, inputs[source.index]!.name, null);
    else graph.constantValue(leaf, `weight_${i}`);
  }
  for (const node of trace.slice.nodes) graph.lower(node);
  const outputs = trace.results.map((value) => graph.output(value, null));
  const names = options.outputNames ?? defaultNames(trace);
  const { model } = graph.model(outputs, {
    names,
    graphName: options.name ?? 'attune',
    metadata: { ...options.metadata },
    shapes: true,
  });
  const foreign = model.nodes.find((node) => node.domain !== '');
  if (foreign !== undefined) throw new Error(`internal: ${foreign.name} is no standard operator`);
  return model;
}

function defaultNames(trace: Trace): string[] {
  if (trace.structure === 'tensor') return ['output'];
  return trace.structure === 'array' ? trace.results.map((_, i) => `output_${i}`) : [...trace.structure];
}

/** Joins the models of two batch sizes. */
function withOpenBatch(first: ModelProto, second: ModelProto): ModelProto {
  const others = new Map(second.initializers.map((tensor) => [tensor.name, tensor]));
  if (first.nodes.length !== second.nodes.length)
    throw new Error('the graph depends on the batch size: export with a fixed batch');
  const openDims = (a: readonly ValueInfoProto[], b: readonly ValueInfoProto[]) => {
    const byName = new Map(b.map((info) => [info.name, info]));
    return a.map((info) => ({
      ...info,
      dims: info.dims.map((d, i) =>
        d === byName.get(info.name)?.dims[i] ? d : i === 0 && isBatch(d) ? 'batch' : `${info.name}_${i}`,
      ),
    }));
  };
  return {
    ...first,
    initializers: first.initializers.map((tensor) => openTensor(tensor, others.get(tensor.name), first)),
    inputs: openDims(first.inputs, second.inputs),
    outputs: openDims(first.outputs, second.outputs),
    valueInfo: openDims(first.valueInfo ?? [], second.valueInfo ?? []),
  };
}

const isBatch = (dimension: number | string) => dimension === BATCHES[0];

function openTensor(a: TensorProto, b: TensorProto | undefined, model: ModelProto): TensorProto {
  if (b !== undefined && equalBytes(a.data, b.data)) return a;
  const users = model.nodes.filter((node) => node.inputs.includes(a.name));
  const refused = () =>
    new Error(
      `${users[0]?.name ?? a.name} fixes the batch size: export with a fixed batch (a number as first dimension)`,
    );
  if (
    b === undefined ||
    a.type !== 'int64' ||
    !users.every((node) => node.type === 'Reshape' && node.inputs[1] === a.name)
  )
    throw refused();
  const [left, right] = [integers(a), integers(b)];
  const differing = left.flatMap((value, i) => (value === right[i] ? [] : [i]));
  if (differing.length !== 1) throw refused();
  const shape = left.map((value, i) => (i === differing[0] ? -1n : value));
  return { ...a, data: new Uint8Array(BigInt64Array.from(shape).buffer) };
}

function integers(tensor: TensorProto): bigint[] {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return [...new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)];
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
