/** What the backend needs of ONNX Runtime, whichever package brings it. */
import type { Tensor } from 'onnxruntime-common';
import type { ModelProto } from '../onnx/writer.ts';

/** Where a model runs. `cpu`, `cuda` and others in Node; `wasm` and `webgpu` in browsers; `webgpu` in both. */
export type ExecutionProvider = 'cpu' | 'webgpu' | 'cuda' | 'coreml' | 'dml' | 'wasm';

export type Feeds = Record<string, Tensor>;

export interface SessionOptions {
  /** `hot`: a captured step, run many times: all threads, spinning while it runs. `tiny`: one thread. */
  readonly profile: 'hot' | 'normal' | 'tiny';
  /** Prefix of the file that ONNX Runtime's profiler writes; undefined is off. */
  readonly profilePrefix?: string;
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
  /** The model as this runtime wants it; called before it is serialised. */
  amend(model: ModelProto): ModelProto;
  create(model: Uint8Array, options: SessionOptions): Promise<Session>;
  createSync(model: Uint8Array, options: SessionOptions): Session;
}
