/** What the browser test runs inside a page. It is bundled as a user's own page would be. */
import {
  availableProviders,
  compileStep,
  type ExecutionProvider,
  type ProviderStatus,
  registerOnnxBackend,
} from '@attune/backend-onnx';
import * as tf from '@tensorflow/tfjs-core';
import { type Losses, trainSmallNetwork } from '../small-network.ts';

export interface PageReport {
  readonly losses: Losses;
  readonly threads: number;
  readonly leftTensors: number;
  readonly compiles: number;
  /** What refusals say, by what was tried. */
  readonly refusals: { readonly [attempt: string]: string };
  /** A kernel on the host after its input was read. */
  readonly unique: number[];
  /** 600 additions without a read in between, more than one recording holds. */
  readonly longSum: number;
  readonly flushesOfLongSum: number;
}

export interface PageCalls {
  providers(): Promise<ProviderStatus[]>;
  /** @param ownFiles Whether ONNX Runtime's files come from a folder of their own, and not from the bundle. */
  run(provider: ExecutionProvider, ownFiles: boolean): Promise<PageReport>;
}

async function run(provider: ExecutionProvider, ownFiles: boolean): Promise<PageReport> {
  // Nothing is computed by host kernels for being small: the runtime is what is under test.
  const backend = await registerOnnxBackend({
    provider,
    threads: 2,
    hostElements: 0,
    ...(ownFiles ? { wasmPaths: '/onnxruntime/' } : {}),
  });
  await tf.setBackend('onnx');
  const losses = await trainSmallNetwork();
  const leftTensors = tf.memory().numTensors;
  const { compiles } = backend.stats();

  const refusals: { [attempt: string]: string } = {};
  const attempt = async (name: string, act: () => unknown) => {
    try {
      await act();
    } catch (error) {
      refusals[name] = (error as Error).message;
    }
  };
  const doubled = tf.mul(tf.tensor1d([3, 1, 3]), 2);
  await attempt('dataSync', () => doubled.dataSync());
  await attempt('runSync', () => compileStep(() => tf.scalar(1)).runSync());
  await attempt('pending input', () => tf.unique(doubled));
  await attempt('unknown provider', () => registerOnnxBackend({ provider: 'cuda' }));
  await doubled.data();
  const unique = [...(await tf.unique(doubled).values.data())];

  const before = backend.stats().flushes;
  let sum: tf.Tensor = tf.scalar(0);
  for (let i = 0; i < 600; i++) {
    const last = sum;
    sum = tf.add(last, 1);
    last.dispose();
    // As a training loop does between its batches.
    if (i % 50 === 0) await Promise.resolve();
  }
  const [longSum] = await sum.data();
  const flushesOfLongSum = backend.stats().flushes - before;
  const { threads } = backend.runtime;
  return { losses, threads, leftTensors, compiles, refusals, unique, longSum: longSum!, flushesOfLongSum };
}

(globalThis as unknown as { page: PageCalls }).page = { providers: availableProviders, run };
