/**
 * Trains the small network on WebGPU and prints what came out as one line of JSON. A process of its own, because the
 * Vulkan driver is chosen by variables that must be set before it starts.
 */
import { setBackend } from '@tensorflow/tfjs-core';
import { availableProviders, type ProviderStatus, registerOnnxBackend } from '../../src/index.ts';
import { type Losses, trainSmallNetwork } from '../small-network.ts';

export interface WebGpuReport {
  readonly status: ProviderStatus;
  readonly losses: Losses;
}

const status = (await availableProviders()).find(({ provider }) => provider === 'webgpu')!;
await registerOnnxBackend({ provider: 'webgpu', threads: 1, hostElements: 0 });
await setBackend('onnx');
const report: WebGpuReport = { status, losses: await trainSmallNetwork() };
console.log(JSON.stringify(report));
// Native sessions keep threads that would hold the process.
process.exit(0);
