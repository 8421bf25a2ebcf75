/**
 * ONNX Runtime in browsers: WebAssembly, or WebGPU with WebAssembly for what has no shader.
 *
 * Everything is asynchronous there. onnxruntime-web does not write results into arrays that it is given
 * (https://github.com/microsoft/onnxruntime/issues/25786), so results are copied once more. Its WebGPU module suspends
 * WebAssembly while the GPU works and cannot be entered meanwhile, so calls wait for one another.
 */
import type { Env, InferenceSession, InferenceSessionFactory } from 'onnxruntime-common';
import type {
  ExecutionProvider,
  Feeds,
  ProviderStatus,
  Runtime,
  RuntimeOptions,
  Session,
  SessionOptions,
} from './runtime.ts';
import { amendForWebGpu, withCpuNodes } from './webgpu.ts';

interface OnnxRuntimeWeb {
  readonly env: Env;
  readonly InferenceSession: InferenceSessionFactory;
}

/** The parts of a browser's global scope that decide what runs; absent in a plain worker or an old browser. */
interface BrowserScope {
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: {
    readonly hardwareConcurrency?: number;
    readonly gpu?: { requestAdapter(): Promise<object | null> };
  };
}
const scope = globalThis as unknown as BrowserScope;

const NO_GPU = "the browser offers no WebGPU adapter: use { provider: 'wasm' }";

/** Which providers run in this browser, without downloading any of them. */
export async function availableProviders(): Promise<ProviderStatus[]> {
  const gpu = await hasGpu();
  return [
    { provider: 'wasm', available: true, reason: null },
    { provider: 'webgpu', available: gpu, reason: gpu ? null : NO_GPU },
  ];
}

async function hasGpu(): Promise<boolean> {
  return ((await scope.navigator?.gpu?.requestAdapter()) ?? null) !== null;
}

/** Loads the module of the provider, by default `wasm`. @throws for providers that browsers do not have. */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const provider = options.provider ?? 'wasm';
  if (provider !== 'wasm' && provider !== 'webgpu') {
    throw new Error(`provider '${provider}' does not exist in browsers: use 'wasm' or 'webgpu'`);
  }
  if (provider === 'webgpu' && !(await hasGpu())) throw new Error(NO_GPU);
  // Two modules: the one without WebGPU is half the download. Both names are literal for the bundler's sake.
  const ort: OnnxRuntimeWeb =
    provider === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
  const threads = scope.crossOriginIsolated === true ? (options.threads ?? threadsFor(options)) : 1;
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  if (options.wasmPaths !== undefined) ort.env.wasm.wasmPaths = options.wasmPaths;
  return webRuntime(ort, provider, threads);
}

/**
 * Threads need shared memory, which browsers give only to pages that are isolated from others. Each starts as a worker
 * from the script that holds ONNX Runtime; in a bundle the application may be part of that script (Vite's are), and it
 * would start again in every worker and fail. Files of their own are safe.
 */
function threadsFor({ wasmPaths }: RuntimeOptions): number {
  return wasmPaths === undefined ? 1 : (scope.navigator?.hardwareConcurrency ?? 1);
}

function webRuntime(ort: OnnxRuntimeWeb, provider: ExecutionProvider, threads: number): Runtime {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  async function create(model: Uint8Array, options: SessionOptions): Promise<Session> {
    const session = await inTurn(() => ort.InferenceSession.create(model, sessionOptions(provider, options)));
    return {
      run: (feeds, fetches) => inTurn(async () => copyInto(fetches, await session.run(feeds, Object.keys(fetches)))),
      runSync: blocking,
      release: () => void inTurn(() => session.release()),
    };
  }

  function blocking(): never {
    throw new Error(`${provider} in a browser cannot run and block: use await step.run() and await tensor.data()`);
  }

  return {
    provider,
    synchronous: false,
    version: ort.env.versions.web ?? 'unknown',
    threads,
    blockSize: 0,
    amend: (model) => (provider === 'webgpu' ? amendForWebGpu(model) : { model, cpuNodes: [] }),
    create,
    createSync: blocking,
  };
}

function copyInto(fetches: Feeds, results: InferenceSession.ReturnType): void {
  for (const [name, { data }] of Object.entries(fetches)) (data as Uint8Array).set(results[name]!.data as Uint8Array);
}

function sessionOptions(
  provider: ExecutionProvider,
  { profile, cpuNodes = [] }: SessionOptions,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [withCpuNodes(provider, cpuNodes)],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: profile === 'hot' ? '1' : '0' } } },
  };
}
