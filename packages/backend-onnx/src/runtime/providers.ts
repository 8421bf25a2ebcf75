/** Finds out which execution providers run on this machine; for Node. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { type ModelProto, writeModel } from '../onnx/writer.ts';
import { builtProviders, libraryFolder, nodeRuntime } from './node.ts';
import type { ExecutionProvider, ProviderStatus } from './runtime.ts';

/** Doubles two numbers. */
const PROBE: ModelProto = {
  graphName: 'probe',
  nodes: [{ type: 'Add', domain: '', name: 'double', inputs: ['x', 'x'], outputs: ['y'], attributes: {} }],
  initializers: [],
  inputs: [{ name: 'x', type: 'float32', dims: [2] }],
  outputs: [{ name: 'y', type: 'float32', dims: [2] }],
  opsets: { '': 13 },
  irVersion: 8,
  producer: { name: 'attune', version: '0' },
};

/** Which providers run on this machine: each is given a model of one addition. Takes up to a second. */
export async function availableProviders(): Promise<ProviderStatus[]> {
  const built = builtProviders();
  return (['cpu', 'webgpu', 'cuda', 'coreml', 'dml'] as const).map((provider) => {
    const reason = built.includes(provider)
      ? (missingLibrary(provider) ?? failure(provider))
      : `not in onnxruntime-node for ${process.platform}/${process.arch}`;
    return { provider, available: reason === null, reason };
  });
}

/** Asking ONNX Runtime itself would print an error. */
function missingLibrary(provider: ExecutionProvider): string | null {
  if (provider !== 'cuda' || process.platform !== 'linux') return null;
  const library = join(libraryFolder(), 'libonnxruntime_providers_cuda.so');
  return existsSync(library)
    ? null
    : "onnxruntime-node's CUDA libraries are not installed: allow its install script to download them";
}

/** Why the provider computes nothing here, or null when it does. */
function failure(provider: ExecutionProvider): string | null {
  const doubled = new Float32Array(2);
  try {
    const runtime = nodeRuntime(provider, 1);
    const session = runtime.createSync(writeModel(runtime.amend(PROBE).model), { profile: 'tiny' });
    const x = new Tensor('float32', Float32Array.of(1, 2), [2]);
    session.runSync({ x }, { y: new Tensor('float32', doubled, [2]) });
    session.release();
  } catch (error) {
    // ONNX Runtime puts its source file and the condition that failed in front.
    const [line] = (error as Error).message.trim().split('\n');
    return line!.replace(/^\/\S+:\d+ .*? was false\. /, '');
  }
  return doubled[0] === 2 && doubled[1] === 4 ? null : `it computes 1 + 1 = ${doubled[0]}`;
}
