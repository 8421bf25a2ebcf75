/** Which TensorFlow.js backend everything runs on, and why. */
import type { ExecutionProvider, OnnxBackend } from '@attune/backend-onnx';
import { suggestNames, UserError } from './errors.ts';
import { loadOnnxEngine, ONNX_BACKEND } from './onnx-engine.ts';
import { tf } from './tensorflow.ts';

export interface ConsideredBackend {
  readonly name: string;
  readonly available: boolean;
  /** What makes it available, or keeps it from being so. */
  readonly why: string;
}

export interface BackendChoice {
  /** As it is asked for, such as `onnx` or `onnx:webgpu`. */
  readonly name: string;
  readonly reason: string;
  /** What was looked at, in order; the last is the one chosen. */
  readonly considered: readonly ConsideredBackend[];
}

export interface BackendOptions {
  /** One of `BACKEND_NAMES`. It goes before the environment's `ATTUNE_BACKEND`. */
  readonly prefer?: string;
  /**
   * Threads of the engine on a CPU. Default: `ATTUNE_THREADS`, else one for each core. Several trainings side by side are faster
   * with one each.
   */
  readonly threads?: number;
}

/** Where the engine can run: each is a suffix, as in `onnx:webgpu`. */
const ONNX_PROVIDERS: readonly ExecutionProvider[] = ['cpu', 'webgpu', 'cuda', 'wasm', 'coreml', 'dml'];

export const BACKEND_NAMES: readonly string[] = [
  'onnx',
  ...ONNX_PROVIDERS.map((provider) => `onnx:${provider}`),
  'tfjs-node-gpu',
  'tfjs-node',
  'cpu',
];

/**
 * Chooses a backend, registers it and makes it TensorFlow.js's current one: what is asked for (`prefer`, else
 * `ATTUNE_BACKEND`), else tfjs-node-gpu where it is installed and finds a GPU, else the engine, `onnx`; and tfjs's own
 * `cpu`, a hundred times slower, where the engine has no binary for the system.
 * @throws UserError when what is asked for is unknown (with the nearest names) or not available, or `ATTUNE_THREADS` is no number
 *   of threads.
 */
export async function selectBackend({
  prefer,
  threads = threadsOfEnvironment(),
}: BackendOptions = {}): Promise<BackendChoice> {
  const fromEnvironment = globalThis.process?.env?.ATTUNE_BACKEND || undefined;
  const wanted = prefer ?? fromEnvironment;
  if (wanted !== undefined) {
    const origin = prefer === undefined ? 'ATTUNE_BACKEND' : 'the option';
    if (!BACKEND_NAMES.includes(wanted))
      throw new UserError(`There is no backend '${wanted}' (from ${origin}).`, suggestNames(wanted, BACKEND_NAMES));
    const found = await open(wanted, threads);
    if (!found.available)
      throw new UserError(`The backend '${wanted}' (from ${origin}) is not available: ${found.why}.`);
    return { name: wanted, reason: `asked for by ${origin}`, considered: [found] };
  }

  const considered: ConsideredBackend[] = [];
  for (const [name, reason] of [
    ['tfjs-node-gpu', 'it is installed and finds a GPU'],
    ['onnx', 'the default'],
    ['cpu', 'nothing faster is available'],
  ] as const) {
    const found = await open(name, threads);
    considered.push(found);
    if (found.available) return { name, reason, considered };
  }
  throw new Error(`no backend is available: ${considered.map(({ name, why }) => `${name}: ${why}`).join('; ')}`);
}

function threadsOfEnvironment(): number | undefined {
  const given = globalThis.process?.env?.ATTUNE_THREADS || undefined;
  if (given === undefined) return undefined;
  const threads = Number(given);
  if (!Number.isSafeInteger(threads) || threads < 1)
    throw new UserError(
      `ATTUNE_THREADS is '${given}', and must be a whole number of at least 1.`,
      'Set it to the number of threads, or leave it out for one per core.',
    );
  return threads;
}

/** Of the registered engine: a browser may have given it fewer. */
let askedThreads: number | undefined;

/** Registers a backend and makes it the current one; says why when that cannot be done. */
async function open(name: string, threads: number | undefined): Promise<ConsideredBackend> {
  try {
    const why = await (name === 'cpu'
      ? openCpu()
      : name.startsWith('onnx')
        ? openOnnx(name, threads)
        : openTensorflow(name));
    return { name, available: true, why };
  } catch (error) {
    const what = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
    return { name, available: false, why: isMissingPackage(error) ? 'it is not installed' : what };
  }
}

async function openCpu(): Promise<string> {
  await import('@tensorflow/tfjs-backend-cpu');
  await activate('cpu');
  return "TensorFlow.js's own, in plain JavaScript";
}

async function openOnnx(name: string, threads: number | undefined): Promise<string> {
  const provider = (name.slice('onnx:'.length) || 'cpu') as ExecutionProvider;
  const engine = await loadOnnxEngine();
  const registered = tf.findBackend(ONNX_BACKEND) as OnnxBackend | null;
  if (registered?.runtime.provider !== provider || (threads !== undefined && threads !== askedThreads)) {
    askedThreads = threads;
    // One backend of a name: an earlier choice of another provider or number of threads is given up, with its tensors.
    if (registered !== null) tf.removeBackend(ONNX_BACKEND);
    await engine.registerOnnxBackend({ provider, ...(threads === undefined ? {} : { threads }) });
  }
  await activate(ONNX_BACKEND);
  return `ONNX Runtime, provider ${provider}`;
}

/** tfjs-node and tfjs-node-gpu register the backend `tensorflow` when they are imported. */
async function openTensorflow(name: string): Promise<string> {
  const specifier = `@tensorflow/${name}`; // computed, so that no bundler and no compiler looks for what may be missing
  await import(/* @vite-ignore */ specifier);
  const backend = tf.findBackend('tensorflow') as { isUsingGpuDevice?: boolean } | null;
  if (backend === null) throw new Error('it brought a second copy of tfjs-core');
  if (name === 'tfjs-node-gpu' && backend.isUsingGpuDevice !== true) throw new Error('it finds no GPU');
  await activate('tensorflow');
  return backend.isUsingGpuDevice === true ? 'it finds a GPU' : 'it is installed';
}

async function activate(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new Error(`the backend '${name}' could not be initialised`);
  await tf.ready();
}

function isMissingPackage(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  // Node's code, and the words of Vite's loader, which tests run under.
  return (
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /^Cannot find (package|module)/.test(message ?? '')
  );
}
