/**
 * Captures a training or inference step: its function runs once, on placeholders, and from then on the compiled graph
 * is replayed with new inputs, without any JavaScript per op.
 *
 * - Variables that the step assigns are its state. Each has two buffers, one read and one written, that change places.
 * - Frozen variables (`trainable` false and not assigned) and tensors captured from outside are constants of the graph.
 * - Random ops draw anew at each replay. Other values computed in JavaScript are those of the trace: pass what changes,
 *   a learning rate for example, as an input tensor.
 */
import { engine, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { OnnxBackend } from '../backend.ts';
import { layoutKey } from '../graph/permutation.ts';
import { allocate, type DType, type HostArray, type Permutation, sizeOf, Value } from '../graph/value.ts';
import { hostData } from '../host-data.ts';
import {
  compile,
  compileSync,
  dataFor,
  explain,
  lowerSlice,
  onnxTensor,
  type Program,
  type ProgramOptions,
} from '../runtime/program.ts';
import type { Feeds, Runtime } from '../runtime/runtime.ts';
import { type StepOutputs, type Trace, traceStep } from './trace.ts';

export interface CompileStepOptions {
  /** Shown in warnings and errors. Default: the function's name. */
  readonly name?: string;
  /** Prefix of a file for ONNX Runtime's profile of the step; written when the step is disposed. */
  readonly profilePrefix?: string;
}

/** A step that was captured by `compileStep`. The caller owns the returned tensors. */
export interface CompiledStep<Inputs extends readonly Tensor[], Outputs extends StepOutputs> {
  /** Runs the step; works on every backend and in browsers. */
  run(...inputs: Inputs): Promise<Outputs>;
  /** Runs the step and blocks until it is done. Node only. */
  runSync(...inputs: Inputs): Outputs;
  /** Gives back sessions and buffers. The variables that the step updated keep their values. */
  dispose(): void;
}

interface Capture {
  readonly trace: Trace;
  readonly program: Program;
  /** The second buffer of each assigned variable; null while it has none that may be written to. */
  readonly spares: (HostArray | null)[];
  /** Buffers of random leaves, refilled at each replay. */
  readonly draws: ReadonlyMap<Value, HostArray>;
}

/** From this many traces on the user is told that the step is traced too often. */
const MANY_TRACES = 8;
/** Captures kept for different shapes. */
const CAPACITY = 8;

/** Captures `fn`. The backend must be 'onnx' when the step runs. */
export function compileStep<Inputs extends readonly Tensor[], Outputs extends StepOutputs>(
  fn: (...inputs: Inputs) => Outputs,
  options: CompileStepOptions = {},
): CompiledStep<Inputs, Outputs> {
  const name = options.name ?? (fn.name || 'step');
  const captures = new Map<string, Capture>();
  let traces = 0;
  let queue: Promise<unknown> = Promise.resolve();

  function backendNow(): OnnxBackend {
    const { backend } = engine();
    if (!(backend instanceof OnnxBackend)) {
      throw new Error(
        `captured step '${name}' needs the onnx backend, and '${engine().backendName}' is set: await tf.setBackend('onnx')`,
      );
    }
    return backend;
  }

  function validCapture(backend: OnnxBackend, key: string): Capture | null {
    const capture = captures.get(key);
    if (capture === undefined) return null;
    if (capture.trace.assumptions.every((assumption) => holds(backend, capture, assumption))) return capture;
    release(backend, key);
    return null;
  }

  function release(backend: OnnxBackend, key: string): void {
    const capture = captures.get(key);
    if (capture === undefined) return;
    captures.delete(key);
    backend.stepSessions.delete(capture.program.session);
    capture.program.session.release();
  }

  function beginTrace(backend: OnnxBackend, inputs: readonly Tensor[]): { trace: Trace; options: ProgramOptions } {
    traces++;
    if (traces === MANY_TRACES) {
      console.warn(
        `captured step '${name}' was traced ${traces} times: shapes, dtypes or frozen variables change between calls. ` +
          'Pad batches to one shape, or capture a step for each case.',
      );
    }
    backend.countStep('stepTraces');
    const specs = inputs.map((input) => ({ shape: [...input.shape], dtype: input.dtype as DType }));
    const trace = traceStep(backend, fn as unknown as (...inputs: Tensor[]) => StepOutputs, specs);
    return { trace, options: programOptions(backend.runtime, trace, options) };
  }

  function finishCapture(backend: OnnxBackend, key: string, trace: Trace, program: Program, started: number): Capture {
    backend.countCompile(performance.now() - started);
    backend.stepSessions.add(program.session);
    const draws = new Map<Value, HostArray>();
    for (const [leaf, source] of trace.sources)
      if (source.kind === 'random') draws.set(leaf, allocate(leaf.dtype, sizeOf(leaf.shape)));
    const capture: Capture = { trace, program, spares: trace.state.map(() => null), draws };
    captures.set(key, capture);
    if (captures.size > CAPACITY) release(backend, captures.keys().next().value!);
    return capture;
  }

  function prepare(inputs: readonly Tensor[]): { backend: OnnxBackend; key: string } {
    const backend = backendNow();
    const key = inputs.map((input) => `${input.dtype}[${input.shape}]`).join(';');
    return { backend, key };
  }

  function runSync(...inputs: Inputs): Outputs {
    const { backend, key } = prepare(inputs);
    backend.flushSync();
    let capture = validCapture(backend, key);
    if (capture === null) {
      const started = performance.now();
      const begun = beginTrace(backend, inputs);
      capture = finishCapture(
        backend,
        key,
        begun.trace,
        compileSync(backend.runtime, begun.trace.slice, begun.options),
        started,
      );
    }
    const call = replay(backend, capture, inputs);
    try {
      capture.program.session.runSync(call.feeds, call.fetches);
    } catch (error) {
      throw explain(error, capture.trace.slice.nodes);
    }
    return call.settle() as Outputs;
  }

  async function run(...inputs: Inputs): Promise<Outputs> {
    const { backend, key } = prepare(inputs);
    if (backend.runtime.synchronous) return runSync(...inputs);
    const turn = queue.then(async () => {
      await backend.flush();
      let capture = validCapture(backend, key);
      if (capture === null) {
        const started = performance.now();
        const begun = beginTrace(backend, inputs);
        const program = await compile(backend.runtime, begun.trace.slice, begun.options);
        capture = finishCapture(backend, key, begun.trace, program, started);
        // Whatever was recorded while the session was built.
        await backend.flush();
      }
      const call = replay(backend, capture, inputs);
      try {
        await capture.program.session.run(call.feeds, call.fetches);
      } catch (error) {
        throw explain(error, capture.trace.slice.nodes);
      }
      return call.settle() as Outputs;
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  function dispose(): void {
    for (const key of [...captures.keys()]) release(backendNow(), key);
  }

  return { run, runSync, dispose };
}

/** Whether what the trace took for granted of a variable is still so. */
function holds(backend: OnnxBackend, capture: Capture, assumption: Trace['assumptions'][number]): boolean {
  const { variable, trainable, constant } = assumption;
  if (variable.isDisposed || variable.trainable !== trainable) return false;
  const value = backend.graphValue(variable);
  if (constant !== null) return value === constant;
  // A variable that another step trains may have changed its layout, once.
  if (assumption.leaf === null) return true;
  const port = capture.program.inputs.find((input) => capture.trace.slice.leaves[input.leaf] === assumption.leaf);
  return port === undefined || layoutKey(port.permutation) === layoutKey(value.permutation);
}

/**
 * Constants, and the layouts of the state: a first lowering shows in which layout each new value is made, and the old
 * value is then fed in that layout too, so that no step ever transposes its state.
 */
function programOptions(runtime: Runtime, trace: Trace, options: CompileStepOptions): ProgramOptions {
  const constants = new Set<Value>();
  for (const [leaf, source] of trace.sources) if (source.kind === 'constant') constants.add(leaf);
  const leafLayouts = new Map<Value, Permutation>();
  const outputLayouts = new Map<Value, Permutation>();
  const layouts = new Map(
    lowerSlice(runtime, trace.slice, { constants }).outputs.map((port, i) => [
      trace.slice.outputs[i]!,
      port.permutation,
    ]),
  );
  for (const { before, after } of trace.state) {
    const layout = layouts.get(after) ?? null;
    leafLayouts.set(before, layout);
    outputLayouts.set(after, layout);
  }
  for (const result of trace.results) if (!outputLayouts.has(result)) outputLayouts.set(result, null);
  return {
    profile: 'hot',
    constants,
    leafLayouts,
    outputLayouts,
    ...(options.profilePrefix === undefined ? {} : { profilePrefix: options.profilePrefix }),
  };
}

interface Call {
  readonly feeds: Feeds;
  readonly fetches: Feeds;
  /** Moves the new values into the variables and hands the results back. */
  settle(): StepOutputs;
}

function replay(backend: OnnxBackend, capture: Capture, inputs: readonly Tensor[]): Call {
  const { trace, program, spares, draws } = capture;
  const feeds: Feeds = {};
  const previous = new Map<Variable, { value: Value; fed: HostArray }>();
  for (const port of program.inputs) {
    const leaf = trace.slice.leaves[port.leaf]!;
    const source = trace.sources.get(leaf)!;
    let data: HostArray;
    if (source.kind === 'input') {
      const value = backend.graphValue(inputs[source.index]!);
      data = value.permutation === null ? value.data! : hostData(value);
    } else if (source.kind === 'state' || source.kind === 'variable') {
      const value = backend.graphValue(source.variable);
      data = dataFor(port, value);
      if (source.kind === 'state') previous.set(source.variable, { value, fed: data });
    } else if (source.kind === 'random') {
      data = draws.get(leaf)!;
      backend.random.fill(data, leaf.random!);
    } else data = dataFor(port, leaf);
    feeds[port.name] = onnxTensor(port, data);
  }
  const fetches: Feeds = {};
  const made = new Map<Value, HostArray>();
  const stateOf = new Map(trace.state.map((state, i) => [state.after, i]));
  for (const [i, port] of program.outputs.entries()) {
    const output = trace.slice.outputs[i]!;
    const index = stateOf.get(output);
    const data = (index === undefined ? null : spares[index]) ?? allocate(port.dtype, sizeOf(port.shape));
    made.set(output, data);
    fetches[port.name] = onnxTensor(port, data);
  }
  const permutations = new Map(program.outputs.map((port, i) => [trace.slice.outputs[i]!, port.permutation]));
  return { feeds, fetches, settle };

  function settle(): StepOutputs {
    backend.countStep('stepRuns');
    const used = new Set<HostArray>();
    for (const [i, { variable, after }] of trace.state.entries()) {
      const data = made.get(after)!;
      // Two variables that are assigned the same tensor must not share a buffer that is written to.
      const own = used.has(data) ? data.slice() : data;
      used.add(own);
      const old = previous.get(variable)?.value ?? backend.graphValue(variable);
      spares[i] =
        old.exposed || old.holders > 1 || !backend.isSole(variable) || old.data?.length !== own.length
          ? null
          : old.data;
      backend.setVariable(variable, Value.of(own, after.shape, after.dtype, permutations.get(after)!));
    }
    const tensors = trace.results.map((result) => {
      const data = made.get(result)!;
      const value = Value.of(
        used.has(data) ? data.slice() : data,
        result.shape,
        result.dtype,
        permutations.get(result)!,
      );
      return engine().makeTensorFromTensorInfo(backend.tensorFor(value)) as Tensor;
    });
    if (trace.structure === 'tensor') return tensors[0]!;
    if (trace.structure === 'array') return tensors;
    return Object.fromEntries(trace.structure.map((key, i) => [key, tensors[i]!]));
  }
}
