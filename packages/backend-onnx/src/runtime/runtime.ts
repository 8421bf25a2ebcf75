/** What the backend needs of ONNX Runtime, whichever package brings it. */
import type { Tensor } from 'onnxruntime-common';
import type { ModelProto } from '../onnx/writer.ts';

/** Where a model runs. `cpu`, `cuda` and others in Node; `wasm` and `webgpu` in browsers; `webgpu` in both. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda' | 'coreml' | 'dml' | 'wasm';

/** Whether models run on a provider on this machine. */
export interface ProviderStatus {
  readonly provider: ExecutionProvider;
  readonly available: boolean;
  /** Why not, in one line; null where it is available. */
  readonly reason: string | null;
}

export interface RuntimeOptions {
  /** Where graphs run. Default: `cpu` in Node, `wasm` in browsers. */
  readonly provider?: ExecutionProvider;
  /**
   * Threads of a session. Default: the number of cores. In browsers always 1 on pages that are not cross-origin isolated;
   * on others the number of cores where `wasmPaths` is given, else 1.
   */
  readonly threads?: number;
  /**
   * Browsers: the URL of a folder with the `ort-wasm-*` files of onnxruntime-web's `dist`, with a slash at its end.
   * Default: JavaScript from the bundle, and WebAssembly from the folder of the bundle's script, or wherever a bundler
   * puts it that knows `new URL(..., import.meta.url)`, as Vite does.
   */
  readonly wasmPaths?: string;
}

export type Feeds = Record<string, Tensor>;

export interface SessionOptions {
  /** `hot`: a captured step, run many times: all threads, spinning while it runs. `tiny`: one thread. */
  readonly profile: 'hot' | 'normal' | 'tiny';
  /** Prefix of the file that ONNX Runtime's profiler writes; undefined is off. */
  readonly profilePrefix?: string;
  /** Names of nodes that run on the CPU, whatever the provider. Default: none. */
  readonly cpuNodes?: readonly string[];
}

/** A model as a runtime wants it. */
export interface AmendedModel {
  readonly model: ModelProto;
  /** Nodes that the provider would take and cannot compute. */
  readonly cpuNodes: readonly string[];
}

/** A compiled model. `run` writes into the tensors of `fetches`. */
export interface Session {
  run(feeds: Feeds, fetches: Feeds): Promise<void>;
  /** Only where `Runtime.synchronous`. */
  runSync(feeds: Feeds, fetches: Feeds): void;
  release(): void;
}

export interface Runtime {
  readonly provider: ExecutionProvider;
  /** True where models can be compiled and run without giving up the thread, which `dataSync` needs. */
  readonly synchronous: boolean;
  readonly version: string;
  readonly threads: number;
  /** Width of the channel blocks of the provider's convolutions; 0 where it has no blocked layout. */
  readonly blockSize: number;
  /** Called before a model is serialised; a session is created with its `cpuNodes`. */
  amend(model: ModelProto): AmendedModel;
  create(model: Uint8Array, options: SessionOptions): Promise<Session>;
  createSync(model: Uint8Array, options: SessionOptions): Session;
}
