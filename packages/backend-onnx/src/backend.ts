/**
 * The TensorFlow.js backend. A kernel call does no work: it records a node and hands back a tensor without data. When
 * a value is read, everything live is cut out of the recording as one ONNX model, compiled once per structure and run.
 */
import {
  type BackendValues,
  backend_util,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  type Variable,
} from '@tensorflow/tfjs-core';
import { invert, layoutKey, permute, transposeHost } from './graph/permutation.ts';
import { sliceOf, structuralKey } from './graph/slice.ts';
import { type DType, type HostArray, recordNode, sizeOf, Value } from './graph/value.ts';
import { type HostTensor, interpret, runOnHost, toHostArray } from './host.ts';
import type { KernelDefinition } from './kernels/definition.ts';
import { RandomStream } from './random-stream.ts';
import {
  allocateOutputs,
  compile,
  compileSync,
  dataFor,
  explain,
  type GraphSlice,
  onnxTensor,
  type Program,
} from './runtime/program.ts';
import { ProgramCache } from './runtime/program-cache.ts';
import type { Feeds, Runtime } from './runtime/runtime.ts';
import { type BackendStats, emptyStats } from './stats.ts';

/** What a tfjs data id stands for. */
type TensorData = { refCount: number; readonly shape: readonly number[] } & (
  | { readonly kind: 'graph'; value: Value }
  | { readonly kind: 'string'; readonly strings: Uint8Array[] }
  | { readonly kind: 'complex'; readonly real: Value; readonly imag: Value }
);

export interface OnnxBackendOptions {
  /** Sessions kept for flushed graphs. Default 64. */
  readonly sessionCapacity?: number;
  /**
   * A graph of at most this many elements that was never seen before runs on host kernels, because building a session
   * takes longer; from its second appearance on it is compiled. 0 compiles everything. Default 4096.
   */
  readonly hostElements?: number;
  /** The recording is flushed at the next top-level op once it holds this many nodes. Default 512. */
  readonly recordingLimit?: number;
}

/** What `compileStep` needs to know while it traces. */
export interface TraceObserver {
  /** A tensor was written from JavaScript inside the step. */
  wrote(value: Value): void;
}

export class OnnxBackend extends KernelBackend {
  readonly runtime: Runtime;
  /** Set while a step is being traced. */
  trace: TraceObserver | null = null;
  private readonly data: DataStorage<TensorData>;
  private readonly cache: ProgramCache;
  private readonly hostElements: number;
  private readonly recordingLimit: number;
  /** Structures that ran on the host once; bounded by clearing. */
  private readonly seen = new Set<string>();
  private readonly pending = new Set<Value>();
  private recorded = 0;
  /** A long recording was seen between two top-level ops and is cut before the next node. */
  private cutIsDue = false;
  private counters = emptyStats();
  private flushing: Promise<void> = Promise.resolve();
  /** Sessions outside the cache, of captured steps. */
  readonly stepSessions = new Set<object>();
  /** What captured steps draw from. Seed it for runs that can be repeated; save its state to resume one. */
  readonly random = new RandomStream(0);

  constructor(runtime: Runtime, options: OnnxBackendOptions = {}) {
    super();
    this.runtime = runtime;
    this.data = new DataStorage(this, engine());
    this.cache = new ProgramCache(options.sessionCapacity ?? 64);
    this.hostElements = options.hostElements ?? 4096;
    this.recordingLimit = options.recordingLimit ?? 512;
  }

  // ---- storage ----

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: DataId, values: BackendValues, shape: number[], dtype: DataType, refCount: number): void {
    if (dtype === 'string') {
      this.data.set(dataId, { kind: 'string', strings: values as Uint8Array[], shape, refCount });
    } else if (dtype === 'complex64') {
      const pairs = values as Float32Array;
      const { real, imag } = backend_util.splitRealAndImagArrays(pairs);
      this.store(dataId, {
        kind: 'complex',
        real: Value.of(real, shape, 'float32'),
        imag: Value.of(imag, shape, 'float32'),
        shape,
        refCount,
      });
    } else {
      // A copy: the caller may fill its array anew before the recording is run.
      const array = toHostArray(values as HostArray, dtype);
      const value = Value.of(array === values ? array.slice() : array, shape, dtype);
      this.store(dataId, { kind: 'graph', value, shape, refCount });
      this.trace?.wrote(value);
    }
  }

  private store(dataId: DataId, data: TensorData): void {
    for (const value of valuesOf(data)) value.holders++;
    this.data.set(dataId, data);
  }

  /** A new tensor that stands for `value`. */
  tensorFor(value: Value, shape: readonly number[] = value.shape): TensorInfo {
    const dataId = {};
    this.store(dataId, { kind: 'graph', value, shape, refCount: 1 });
    if (value.node !== null) this.pending.add(value);
    return { dataId, shape: [...shape], dtype: value.dtype };
  }

  /** The value that a numeric tensor stands for, in the tensor's shape. */
  graphValue(info: TensorInfo): Value {
    const data = this.data.get(info.dataId);
    if (data.kind !== 'graph') throw new Error(`a ${data.kind} tensor has no place in a graph`);
    return data.value;
  }

  /** The tensor's value, as the result of a node: values that no node made get a reshape that changes nothing. */
  madeByNode(info: TensorInfo): Value {
    const value = this.shaped(info);
    return value.node === null ? this.reshaped(value, info.shape) : value;
  }

  /** True when no other tensor shares the variable's data id. */
  isSole(variable: Variable): boolean {
    return this.refCount(variable.dataId) === 1;
  }

  /**
   * Gives the variable a buffer of its own where it shares one with another tensor: a captured step tells tensors apart
   * by their values, and a copy of the old weights must not follow the variable.
   */
  detach(variable: Variable): void {
    if (this.data.get(variable.dataId).kind !== 'graph') return;
    const { data, shape, dtype, holders, permutation } = this.graphValue(variable);
    if (data === null || (holders === 1 && this.isSole(variable))) return;
    this.setVariable(variable, Value.of(data.slice(), shape, dtype, permutation));
  }

  /** Gives a variable another value without a new data id where nothing else shares the old one. */
  setVariable(variable: Variable, value: Value): void {
    const data = this.data.get(variable.dataId);
    if (data.kind === 'graph' && data.refCount === 1) {
      this.release(data.value);
      data.value = value;
      value.holders++;
      return;
    }
    const tensor = engine().makeTensorFromTensorInfo(this.tensorFor(value, variable.shape));
    variable.assign(tensor as Parameters<Variable['assign']>[0]);
    tensor.dispose();
  }

  private release(value: Value): void {
    if (--value.holders === 0) this.pending.delete(value);
  }

  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    if (this.recorded > this.recordingLimit && openScopes() <= 1) this.cutIsDue = true;
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    for (const value of valuesOf(data)) this.release(value);
    this.data.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.data.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(query: () => void): Promise<{ kernelMs: number }> {
    const start = performance.now();
    query();
    await this.flush();
    return { kernelMs: performance.now() - start };
  }

  override dispose(): void {
    this.cache.clear();
    this.seen.clear();
  }

  // ---- reading ----

  override readSync(dataId: DataId): BackendValues {
    const data = this.data.get(dataId);
    const missing = valuesOf(data).filter((value) => value.node !== null);
    if (this.trace !== null) this.evaluateInTrace(missing);
    else if (missing.length > 0) this.flushSync();
    return this.valuesNow(data);
  }

  /** While a step is traced only what does not depend on its inputs can be read. */
  private evaluateInTrace(values: readonly Value[]): void {
    if (values.length > 0 && sliceOf(values).leaves.some(({ data }) => data === null)) throw new Error(NO_VALUES_YET);
    this.evaluateSync(values);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const data = this.data.get(dataId);
    if (valuesOf(data).some((value) => value.node !== null)) await this.flush();
    return this.valuesNow(data);
  }

  private valuesNow(data: TensorData): BackendValues {
    if (data.kind === 'string') return data.strings;
    if (data.kind === 'graph') return hostData(data.value);
    return backend_util.mergeRealAndImagArrays(
      hostData(data.real) as Float32Array,
      hostData(data.imag) as Float32Array,
    );
  }

  // ---- kernels ----

  /** Records one kernel call, or runs it on the host where it has no ONNX form. */
  run(kernel: KernelDefinition, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo[] {
    const names: string[] = [];
    const infos: TensorInfo[] = [];
    for (const name in inputs) {
      const info = inputs[name];
      if (info === undefined || info === null) continue;
      names.push(name);
      infos.push(info);
    }
    const inGraph = infos.every((info) => info.dtype !== 'string' && info.dtype !== 'complex64');
    const specs = infos as unknown as readonly { shape: readonly number[]; dtype: DType }[];
    if (!inGraph || (kernel.supports !== undefined && !kernel.supports(specs, attrs, names))) {
      return this.runFallback(kernel.name, inputs, attrs);
    }
    this.cutLongRecording();
    const outputs = kernel.outputs(specs, attrs, names);
    const values = infos.map((info) => this.shaped(info));
    kernel.check?.(values, attrs);
    const listed = Array.isArray(inputs);
    const signature = `${kernel.name}:${names}:${JSON.stringify(attrs, finite)}`;
    const node = recordNode(kernel, values, names, listed, attrs, signature, outputs);
    this.recorded++;
    return node.outputs.map((value) => this.tensorFor(value));
  }

  /** The value of a tensor in the tensor's own shape; tfjs reshapes by sharing the data id. */
  private shaped(info: TensorInfo): Value {
    const value = this.graphValue(info);
    if (value.shape.length === info.shape.length && value.shape.every((d, i) => d === info.shape[i])) return value;
    return this.reshaped(value, info.shape);
  }

  private reshaped(value: Value, shape: readonly number[]): Value {
    const attrs = { shape: [...shape] };
    const spec = { shape: attrs.shape, dtype: value.dtype };
    const node = recordNode(reshapeKernel(), [value], ['x'], false, attrs, `Reshape:x:${JSON.stringify(attrs)}`, [
      spec,
    ]);
    return node.outputs[0]!;
  }

  /** Runs a kernel on tfjs's cpu implementation, now. */
  runFallback(kernelName: string, inputs: NamedTensorInfoMap, attrs: NamedAttrMap): TensorInfo[] {
    if (this.trace !== null) {
      const shapes = Object.values(inputs).map((info) => `${info?.dtype}[${info?.shape}]`);
      throw new Error(
        `${kernelName}(${shapes.join(', ')}) has no ONNX form and cannot run inside a captured step: ` +
          'compute it before the step and pass the result in',
      );
    }
    if (!this.runtime.synchronous) this.requireHostInputs(kernelName, Object.values(inputs).flat());
    this.counters.fallbacks[kernelName] = (this.counters.fallbacks[kernelName] ?? 0) + 1;
    const toHost = (info: TensorInfo | TensorInfo[]): unknown =>
      Array.isArray(info) ? info.map((item) => this.hostTensor(item)) : this.hostTensor(info);
    const hostInputs = Array.isArray(inputs)
      ? (inputs as TensorInfo[]).map(toHost)
      : Object.fromEntries(
          Object.entries(inputs).flatMap(([name, info]) =>
            info === undefined || info === null ? [] : [[name, toHost(info)]],
          ),
        );
    const used = new Set<unknown>();
    for (const tensor of Object.values(hostInputs).flat() as HostTensor[])
      if (tensor.kind === 'numeric') used.add(tensor.data);
    return runOnHost(kernelName, hostInputs as never, attrs).map((tensor) => this.adopt(tensor, used));
  }

  /** Without blocking runs, a kernel on the host must find its inputs computed. */
  private requireHostInputs(kernelName: string, inputs: readonly (TensorInfo | undefined | null)[]): void {
    const isPending = (info: TensorInfo) => valuesOf(this.data.get(info.dataId)).some((value) => value.node !== null);
    if (!inputs.some((info) => info !== undefined && info !== null && isPending(info))) return;
    throw new Error(
      `${kernelName} has no ONNX form for these inputs and runs on the host, which cannot wait for ` +
        `${this.runtime.provider} in a browser: await x.data() for each of its inputs first`,
    );
  }

  private hostTensor(info: TensorInfo): HostTensor {
    const data = this.data.get(info.dataId);
    if (valuesOf(data).some((value) => value.node !== null)) this.flushSync();
    const { shape } = info;
    if (data.kind === 'string') return { kind: 'string', shape, data: data.strings };
    if (data.kind === 'graph') return { kind: 'numeric', shape, dtype: data.value.dtype, data: hostData(data.value) };
    return {
      kind: 'complex',
      shape,
      real: hostData(data.real) as Float32Array,
      imag: hostData(data.imag) as Float32Array,
    };
  }

  private adopt(tensor: HostTensor, used: ReadonlySet<unknown>): TensorInfo {
    const shape = [...tensor.shape];
    if (tensor.kind === 'string')
      return { dataId: this.write([...tensor.data], shape, 'string'), shape, dtype: 'string' };
    if (tensor.kind === 'numeric') {
      return this.tensorFor(Value.of(used.has(tensor.data) ? tensor.data.slice() : tensor.data, shape, tensor.dtype));
    }
    return this.complexFor(Value.of(tensor.real, shape, 'float32'), Value.of(tensor.imag, shape, 'float32'), shape);
  }

  /** A complex tensor over two real values. */
  complexFor(real: Value, imag: Value, shape: readonly number[]): TensorInfo {
    const dataId = {};
    this.store(dataId, { kind: 'complex', real, imag, shape, refCount: 1 });
    for (const value of [real, imag]) if (value.node !== null) this.pending.add(value);
    return { dataId, shape: [...shape], dtype: 'complex64' };
  }

  /** The real and imaginary values of a complex tensor. */
  complexParts(info: TensorInfo): { real: Value; imag: Value } {
    const data = this.data.get(info.dataId);
    if (data.kind !== 'complex') throw new Error('internal: not a complex tensor');
    return data;
  }

  // ---- flushing ----

  /**
   * A loop that never reads a value records without end. It is cut where tfjs is between two top-level ops, which is the
   * same place in each iteration, so that the pieces are found in the cache.
   */
  private cutLongRecording(): void {
    if (this.recorded <= this.recordingLimit || this.trace !== null) return;
    if (!this.runtime.synchronous) {
      // It begins when the running JavaScript awaits something; whoever reads a value that failed gets the error.
      this.recorded = 0;
      this.flush().catch(() => undefined);
    } else if (this.cutIsDue || openScopes() <= 1 || this.recorded > 64 * this.recordingLimit) this.flushSync();
  }

  /** Computes everything live. */
  flushSync(): void {
    if (!this.runtime.synchronous) {
      const { provider } = this.runtime;
      throw new Error(
        `dataSync() and runSync() need a blocking run, which ${provider} in a browser does not have: ` +
          'use await tensor.data() and await step.run()',
      );
    }
    const slice = this.takeSlice();
    if (slice === null) return;
    this.execute(slice, (program, feeds, fetches) => program.session.runSync(feeds, fetches));
  }

  async flush(): Promise<void> {
    if (this.runtime.synchronous) return this.flushSync();
    const run = async () => {
      const slice = this.takeSlice();
      if (slice === null) return;
      try {
        await this.executeAsync(slice);
      } catch (error) {
        // Still to be computed: the next reader tries again and gets the error.
        for (const value of slice.outputs) if (value.node !== null && value.holders > 0) this.pending.add(value);
        throw error;
      }
    };
    this.flushing = this.flushing.then(run, run);
    return this.flushing;
  }

  /** Drops what was recorded after node `id`: tensors that a traced step kept, which no run will ever make. */
  forgetSince(id: number): void {
    for (const value of this.pending) if (value.node !== null && value.node.id > id) this.pending.delete(value);
  }

  private takeSlice(): GraphSlice | null {
    this.recorded = 0;
    this.cutIsDue = false;
    const outputs = [...this.pending].filter((value) => value.node !== null);
    this.pending.clear();
    return outputs.length === 0 ? null : sliceOf(outputs);
  }

  /**
   * Evaluates given pending values alone; used for the initial values of variables that a traced step creates. They are
   * zeros and the like, so that the host computes them where runs cannot block.
   */
  evaluateSync(outputs: readonly Value[]): void {
    const pending = outputs.filter((value) => value.node !== null);
    if (pending.length === 0) return;
    if (this.runtime.synchronous) {
      this.execute(sliceOf(pending), (program, feeds, fetches) => program.session.runSync(feeds, fetches));
    } else this.computeOnHost(sliceOf(pending));
    for (const value of pending) this.pending.delete(value);
  }

  private execute(slice: GraphSlice, run: (program: Program, feeds: Feeds, fetches: Feeds) => void): void {
    if (this.runsOnHost(slice)) return;
    const key = structuralKey(slice);
    let program = this.cache.get(key);
    if (program === undefined) {
      const start = performance.now();
      program = compileSync(this.runtime, slice, { profile: profileOf(slice) });
      this.compiled(key, program, performance.now() - start);
    } else this.counters.cacheHits++;
    const { data, fetches } = allocateOutputs(program);
    try {
      run(program, this.feedsOf(program, slice), fetches);
    } catch (error) {
      throw explain(error, slice.nodes);
    }
    this.settle(program, slice, data);
  }

  private async executeAsync(slice: GraphSlice): Promise<void> {
    if (this.runsOnHost(slice)) return;
    const key = structuralKey(slice);
    let program = this.cache.get(key);
    if (program === undefined) {
      const start = performance.now();
      program = await compile(this.runtime, slice, { profile: profileOf(slice) });
      this.compiled(key, program, performance.now() - start);
    } else this.counters.cacheHits++;
    const { data, fetches } = allocateOutputs(program);
    try {
      await program.session.run(this.feedsOf(program, slice), fetches);
    } catch (error) {
      throw explain(error, slice.nodes);
    }
    this.settle(program, slice, data);
  }

  private compiled(key: string, program: Program, milliseconds: number): void {
    this.cache.set(key, program);
    this.countCompile(milliseconds);
  }

  private feedsOf(program: Program, slice: GraphSlice): Feeds {
    const feeds: Feeds = {};
    for (const port of program.inputs) {
      const data = dataFor(port, slice.leaves[port.leaf]!);
      feeds[port.name] = onnxTensor(port, data);
      this.counters.bytesIn += data.byteLength;
    }
    return feeds;
  }

  private settle(program: Program, slice: GraphSlice, data: readonly HostArray[]): void {
    this.counters.flushes++;
    for (const [i, output] of slice.outputs.entries()) {
      output.data = data[i]!;
      output.permutation = program.outputs[i]!.permutation;
      output.node = null;
      this.counters.bytesOut += output.data.byteLength;
    }
  }

  /** Small graphs that were never seen before are interpreted. */
  private runsOnHost(slice: GraphSlice): boolean {
    let elements = 0;
    for (const node of slice.nodes) {
      for (const output of node.outputs) elements += sizeOf(output.shape);
      if (elements > this.hostElements || node.kernel.internal === true) return false;
    }
    const key = structuralKey(slice);
    if (this.seen.has(key)) return false;
    if (this.seen.size > 10_000) this.seen.clear();
    this.seen.add(key);
    this.computeOnHost(slice);
    return true;
  }

  private computeOnHost(slice: GraphSlice): void {
    for (const leaf of slice.leaves) toLogical(leaf);
    interpret(slice);
    for (const output of slice.outputs) output.node = null;
    this.counters.flushes++;
    this.counters.hostRuns++;
  }

  // ---- reporting ----

  /** Counters since the start or the last `resetStats`. */
  stats(): BackendStats {
    return {
      ...this.counters,
      fallbacks: { ...this.counters.fallbacks },
      sessions: this.cache.size + this.stepSessions.size,
    };
  }

  resetStats(): void {
    this.counters = emptyStats();
  }

  countCompile(milliseconds: number): void {
    this.counters.compiles++;
    this.counters.compileMs += milliseconds;
  }

  countStep(kind: 'stepRuns' | 'stepTraces'): void {
    this.counters[kind]++;
  }
}

let reshape: KernelDefinition | null = null;
/** The backend records reshapes itself, whenever a tensor's shape differs from its value's. */
export function setReshapeKernel(kernel: KernelDefinition): void {
  reshape = kernel;
}
function reshapeKernel(): KernelDefinition {
  if (reshape === null) throw new Error('internal: kernels are not registered');
  return reshape;
}

function valuesOf(data: TensorData): readonly Value[] {
  if (data.kind === 'graph') return [data.value];
  return data.kind === 'complex' ? [data.real, data.imag] : [];
}

const NO_VALUES_YET =
  'a tensor that depends on the inputs of a captured step has no values while the step is traced: return it and read it outside';

/** The data of a materialised value in the logical order. The array may be the value's own: it is never written again. */
export function hostData(value: Value): HostArray {
  if (value.data === null) {
    throw new Error(NO_VALUES_YET);
  }
  if (value.permutation !== null) {
    return transposeHost(value.data, permute(value.shape, value.permutation), invert(value.permutation));
  }
  value.exposed = true;
  return value.data;
}

/** Brings a materialised value into the logical order, for good. */
function toLogical(value: Value): void {
  if (layoutKey(value.permutation) === '') return;
  value.data = hostData(value);
  value.permutation = null;
}

/** JSON has no NaN, no infinities and no negative zero, which must not share a key with others. */
function finite(_key: string, item: unknown): unknown {
  if (typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))) return item;
  return Object.is(item, -0) ? '-0' : String(item);
}

/** Graphs this small lose more to waking threads than they win. */
function profileOf(slice: GraphSlice): 'normal' | 'tiny' {
  let elements = 0;
  for (const leaf of slice.leaves) elements += sizeOf(leaf.shape);
  for (const node of slice.nodes) for (const output of node.outputs) elements += sizeOf(output.shape);
  return elements < 16_384 ? 'tiny' : 'normal';
}

/** How many tfjs scopes are open: each tidy and each running op is one. */
function openScopes(): number {
  return (engine().state as unknown as { scopeStack: readonly unknown[] }).scopeStack.length;
}
