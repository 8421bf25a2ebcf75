/**
 * ONNX Runtime in Node.
 *
 * onnxruntime-node's public `run` is asynchronous in form only: it calls its native binding, which blocks, from
 * `setImmediate`. `dataSync` needs the blocking call itself, so the binding is used directly (docs/decisions/0003).
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { InferenceSession, OnnxValue } from 'onnxruntime-common';
import { ELEMENT_TYPE, type ModelProto } from '../onnx/writer.ts';
import { probeBlockSize } from './block-size.ts';
import type { AmendedModel, ExecutionProvider, Feeds, Runtime, Session, SessionOptions } from './runtime.ts';
import { amendForWebGpu, withCpuNodes } from './webgpu.ts';

interface NativeSession {
  loadModel(
    buffer: ArrayBufferLike,
    byteOffset: number,
    byteLength: number,
    options: InferenceSession.SessionOptions,
  ): void;
  run(feeds: Feeds, fetches: Record<string, OnnxValue | null>, options: InferenceSession.RunOptions): unknown;
  endProfiling(): void;
  dispose(): void;
}

interface NativeBinding {
  readonly binding: {
    readonly InferenceSession: new () => NativeSession;
    listSupportedBackends(): readonly { readonly name: string; readonly bundled: boolean }[];
  };
  initOrt(): void;
}

const require = createRequire(import.meta.url);

function loadBinding(): NativeBinding {
  try {
    return require('onnxruntime-node/dist/binding.js') as NativeBinding;
  } catch (error) {
    throw new Error(
      `ONNX Runtime does not load on ${process.platform}/${process.arch} (${(error as Error).message}); ` +
        'choose another backend with ATTUNE_BACKEND, or a platform that onnxruntime-node has binaries for',
    );
  }
}

/**
 * The binding writes outputs into the given arrays and then copies each of them once more, into a result that nobody
 * asked for: for the state of a ResNet that is 130 MB of fresh pages at every step. It converts the outputs in order and
 * gives up at the first that JavaScript has no type for, so the first output of every model is a bfloat16 scalar: the
 * run itself is complete by then, and the error is the expected one. Measured in docs/decisions/0004.
 */
const SENTINEL = 'attune_sentinel';
const SENTINEL_MESSAGE = 'Tensor type (16) is not supported.';

function withSentinel(model: ModelProto): ModelProto {
  const one = { name: `${SENTINEL}_one`, type: 'float32', dims: [], data: new Uint8Array([0, 0, 128, 63]) } as const;
  const cast = {
    type: 'Cast',
    domain: '',
    name: SENTINEL,
    inputs: [one.name],
    outputs: [SENTINEL],
    attributes: { to: ELEMENT_TYPE.bfloat16 },
  };
  return {
    ...model,
    nodes: [...model.nodes, cast],
    initializers: [...model.initializers, one],
    outputs: [{ name: SENTINEL, type: 'bfloat16', dims: [] }, ...model.outputs],
  };
}

/** Names of the execution providers that this build of ONNX Runtime knows; some need libraries that it does not bring. */
export function builtProviders(): string[] {
  return loadBinding()
    .binding.listSupportedBackends()
    .map((backend) => backend.name);
}

/** The folder of ONNX Runtime's shared libraries. */
export function libraryFolder(): string {
  const { platform, arch } = process;
  return join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin', 'napi-v6', platform, arch);
}

export function nodeRuntime(provider: ExecutionProvider, threads = availableParallelism()): Runtime {
  const native = loadBinding();
  native.initOrt();
  const { version } = require('onnxruntime-node/package.json') as { version: string };

  function createSync(model: Uint8Array, options: SessionOptions): Session {
    const session = new native.binding.InferenceSession();
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, sessionOptions(provider, threads, options));
    const runSync = (feeds: Feeds, fetches: Feeds) => {
      try {
        session.run(feeds, { [SENTINEL]: null, ...fetches }, {});
      } catch (error) {
        if (!(error instanceof Error) || error.message !== SENTINEL_MESSAGE) throw error;
      }
    };
    return {
      runSync,
      run: async (feeds, fetches) => runSync(feeds, fetches),
      release: () => {
        if (options.profilePrefix !== undefined) session.endProfiling();
        session.dispose();
      },
    };
  }

  const amend = (model: ModelProto): AmendedModel => {
    const amended = provider === 'webgpu' ? amendForWebGpu(model) : { model, cpuNodes: [] };
    return { ...amended, model: withSentinel(amended.model) };
  };
  return {
    provider,
    synchronous: true,
    version,
    threads,
    blockSize: provider === 'cpu' ? probeBlockSize({ amend, createSync }) : 0,
    amend,
    createSync,
    create: async (model, options) => createSync(model, options),
  };
}

/**
 * Each session has a thread pool of its own. Threads that spin while they wait make a hot step faster and everything
 * else slower, so only captured steps spin, and only while they run.
 */
function sessionOptions(
  provider: ExecutionProvider,
  threads: number,
  { profile, profilePrefix, cpuNodes = [] }: SessionOptions,
): InferenceSession.SessionOptions {
  const spin = profile === 'hot';
  return {
    executionProviders: provider === 'cpu' ? ['cpu'] : [withCpuNodes(provider, cpuNodes), 'cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: profile === 'tiny' ? 1 : threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
    extra: {
      session: {
        intra_op: { allow_spinning: spin ? '1' : '0' },
        force_spinning_stop: '1',
        // Denormals slow down trained networks' dead units by a factor of a hundred and change no result that matters.
        set_denormal_as_zero: '1',
      },
    },
    ...(profilePrefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: profilePrefix }),
  };
}
