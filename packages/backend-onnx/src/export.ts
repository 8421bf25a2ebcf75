/**
 * Writes a function of tensors as an ONNX model that others can run: only standard operators, named inputs and outputs,
 * shapes, and dimensions that are left open where it was asked for.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { OnnxBackend } from './backend.ts';
import { type StepOutputs, type Trace, traceStep } from './capture/trace.ts';
import type { DType } from './graph/value.ts';
import { Lowering } from './onnx/lowering.ts';
import { openDimensions, openingsOf } from './onnx/open-dimensions.ts';
import { type ModelProto, writeModel } from './onnx/writer.ts';

export interface ExportInput {
  readonly name: string;
  /** A name leaves a dimension open, the same in all inputs, such as `sequence`; null is the name `batch`. */
  readonly shape: readonly (number | string | null)[];
  /** Default `float32`. `int64`: the model takes that, and the function is given int32. */
  readonly dtype?: DType | 'int64';
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

/**
 * The ONNX model of `model`. Variables are written with the values that they have now; in a browser await their `data()`
 * before, so that they have them.
 * @throws when it assigns variables, draws random numbers, or cannot follow an open dimension.
 */
export function exportOnnx(model: Exportable, inputs: readonly ExportInput[], options: ExportOptions = {}): Uint8Array {
  const { backend } = engine();
  if (!(backend instanceof OnnxBackend))
    throw new Error("exportOnnx needs the onnx backend: await tf.setBackend('onnx')");
  // Where runs cannot block, what is still to be computed is written as the operations that compute it.
  if (backend.runtime.synchronous) backend.flushSync();
  const fn = functionOf(model);
  const named = inputs.map((input) => ({ ...input, shape: input.shape.map((d) => d ?? 'batch') }));
  const openings = openingsOf(named);
  if (openings.length === 0) return writeModel(portableModel(backend, fn, named, new Map(), options));
  const [first, second] = [0, 1].map((turn) => {
    const sizes = new Map(openings.map(({ name, sizes }) => [name, sizes[turn]!]));
    return portableModel(backend, fn, named, sizes, options);
  });
  return writeModel(openDimensions(first!, second!, openings));
}

interface NamedInput extends ExportInput {
  readonly shape: readonly (number | string)[];
}

function functionOf(model: Exportable): (...inputs: Tensor[]) => StepOutputs {
  if (typeof model === 'function') return model as (...inputs: Tensor[]) => StepOutputs;
  if ('predict' in model) return (input) => model.predict(input!) as StepOutputs;
  return (input) => model.apply(input!) as StepOutputs;
}

function portableModel(
  backend: OnnxBackend,
  fn: (...inputs: Tensor[]) => StepOutputs,
  inputs: readonly NamedInput[],
  sizes: ReadonlyMap<string, number>,
  options: ExportOptions,
): ModelProto {
  const specs = inputs.map(({ shape, dtype = 'float32' }) => ({
    shape: shape.map((d) => (typeof d === 'number' ? d : sizes.get(d)!)),
    dtype: dtype === 'int64' ? 'int32' : dtype,
  }));
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
    const input = source.kind === 'input' ? inputs[source.index]! : undefined;
    if (input !== undefined) graph.input(leaf, input.name, null, input.dtype === 'int64' ? 'int64' : leaf.dtype);
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
