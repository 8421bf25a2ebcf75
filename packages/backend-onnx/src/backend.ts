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
import { Recording } from './graph/recording.ts';
import { sliceOf } from './graph/slice.ts';
import { type DType, type HostArray, recordNode, Value } from './graph/value.ts';
import { type HostTensor, runOnHost, toHostArray } from './host.ts';
import { hostData, NO_VALUES_YET } from './host-data.ts';
import type { KernelDefinition } from './kernels/definition.ts';
import { RandomStream } from './random-stream.ts';
import { Executor } from './runtime/executor.ts';
import type { Runtime } from './runtime/runtime.ts';
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
  private readonly executor: Executor;
  private readonly recording: Recording;
  private flushing: Promise<void> = Promise.resolve();
  /** Sessions outside the cache, of captured steps. */
  readonly stepSessions = new Set<object>();
  /** What captured steps draw from. Seed it for runs that can be repeated; save its state to resume one. */
  readonly random = new RandomStream(0);

  constructor(runtime: Runtime, options: OnnxBackendOptions = {}) {
    super();
    this.runtime = runtime;
    this.data = new DataStorage(this, engine());
    this.executor = new Executor(runtime, options.sessionCapacity ?? 64, options.hostElements ?? 4096);
    this.recording = new Recording(options.recordingLimit ?? 512);
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
    for (const value of valuesOf(data)) this.recording.hold(value);
    this.data.set(dataId, data);
  }

  /** A new tensor that stands for `value`. */
  tensorFor(value: Value, shape: readonly number[] = value.shape): TensorInfo {
    const dataId = {};
    this.store(dataId, { kind: 'graph', value, shape, refCount: 1 });
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
      this.recording.release(data.value);
      data.value = value;
      this.recording.hold(value);
      return;
    }
    const tensor = engine().makeTensorFromTensorInfo(this.tensorFor(value, variable.shape));
    variable.assign(tensor as Parameters<Variable['assign']>[0]);
    tensor.dispose();
  }

  override refCount(dataId: DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.data.get(dataId).refCount++;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    this.recording.noteDisposal();
    const data = this.data.get(dataId);
    data.refCount--;
    if (!force && data.refCount > 0) return false;
    for (const value of valuesOf(data)) this.recording.release(value);
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
    this.executor.dispose();
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
    if (this.trace === null && this.recording.shouldBeCut) this.cut();
    const outputs = kernel.outputs(specs, attrs, names);
    const values = infos.map((info) => this.shaped(info));
    kernel.check?.(values, attrs);
    const listed = Array.isArray(inputs);
    const signature = `${kernel.name}:${names}:${JSON.stringify(attrs, finite)}`;
    const node = recordNode(kernel, values, names, listed, attrs, signature, outputs);
    this.recording.noteNode();
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
    const { fallbacks } = this.executor.counters;
    fallbacks[kernelName] = (fallbacks[kernelName] ?? 0) + 1;
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
    return { dataId, shape: [...shape], dtype: 'complex64' };
  }

  /** The real and imaginary values of a complex tensor. */
  complexParts(info: TensorInfo): { real: Value; imag: Value } {
    const data = this.data.get(info.dataId);
    if (data.kind !== 'complex') throw new Error('internal: not a complex tensor');
    return data;
  }

  // ---- flushing ----

  private cut(): void {
    if (this.runtime.synchronous) this.flushSync();
    // It runs when the running JavaScript awaits something; whoever reads a value that failed gets the error.
    else this.flush().catch(() => undefined);
  }

  /** Computes everything live, blocking. @throws in a browser, where runs cannot block. */
  flushSync(): void {
    if (!this.runtime.synchronous) {
      const { provider } = this.runtime;
      throw new Error(
        `dataSync() and runSync() need a blocking run, which ${provider} in a browser does not have: ` +
          'use await tensor.data() and await step.run()',
      );
    }
    const slice = this.recording.sliceFor(this.recording.take());
    if (slice !== null) this.executor.runSync(slice);
  }

  /**
   * Computes everything live, after what was ordered before. What is live is decided now, and not when its turn comes:
   * however long earlier runs take, a loop is cut at the same places and finds its graphs compiled.
   */
  async flush(): Promise<void> {
    if (this.runtime.synchronous) return this.flushSync();
    const values = this.recording.take();
    const run = async () => {
      const slice = this.recording.sliceFor(values);
      if (slice === null) return;
      try {
        await this.executor.run(slice);
      } catch (error) {
        this.recording.putBack(slice);
        throw error;
      }
    };
    this.flushing = this.flushing.then(run, run);
    return this.flushing;
  }

  /** Drops what was recorded after node `id`: tensors that a traced step kept, which no run will ever make. */
  forgetSince(id: number): void {
    this.recording.forgetSince(id);
  }

  /**
   * Evaluates given pending values alone; used for the initial values of variables that a traced step creates. They are
   * zeros and the like, so that the host computes them where runs cannot block.
   */
  evaluateSync(values: readonly Value[]): void {
    const pending = values.filter((value) => value.node !== null);
    if (pending.length === 0) return;
    const slice = sliceOf(pending);
    if (this.runtime.synchronous) this.executor.runSync(slice);
    else this.executor.runOnHost(slice);
    this.recording.markDone(pending);
  }

  // ---- reporting ----

  /** Counters since the start or the last `resetStats`. */
  stats(): BackendStats {
    const { counters, sessions } = this.executor;
    return { ...counters, fallbacks: { ...counters.fallbacks }, sessions: sessions + this.stepSessions.size };
  }

  resetStats(): void {
    this.executor.counters = emptyStats();
  }

  countCompile(milliseconds: number): void {
    this.executor.counters.compiles++;
    this.executor.counters.compileMs += milliseconds;
  }

  countStep(kind: 'stepRuns' | 'stepTraces'): void {
    this.executor.counters[kind]++;
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

/** JSON has no NaN, no infinities and no negative zero, which must not share a key with others. */
function finite(_key: string, item: unknown): unknown {
  if (typeof item !== 'number' || (Number.isFinite(item) && !Object.is(item, -0))) return item;
  return Object.is(item, -0) ? '-0' : String(item);
}
