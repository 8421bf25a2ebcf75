/** WebGPU in Node: what models are turned into, and on SwiftShader, a driver in software, what they compute. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, it, type TestContext } from 'vitest';
import { findSwiftShader, need } from '../../test/requirement.ts';
import { trainSmallNetwork } from '../../test/small-network.ts';
import type { WebGpuReport } from '../../test/webgpu/run.ts';
import { type Attribute, type ModelProto, type TensorProto, writeModel } from '../onnx/writer.ts';
import { useOnnx } from '../testing.ts';
import { nodeRuntime } from './node.ts';
import { amendForWebGpu, withCpuNodes } from './webgpu.ts';

const folder = fileURLToPath(new URL('../..', import.meta.url));

/** A model of one node, whose inputs are graph inputs `x` and the given constants. */
function modelOf(
  type: string,
  x: readonly number[],
  constants: readonly TensorProto[],
  attributes: Readonly<Record<string, Attribute>> = {},
  outputs: readonly (readonly number[])[] = [],
): ModelProto {
  const names = outputs.map((_, i) => `y${i}`);
  return {
    graphName: 'test',
    nodes: [
      {
        type,
        domain: '',
        name: `it/${type}_1`,
        inputs: ['x', ...constants.map(({ name }) => name)],
        outputs: names,
        attributes,
      },
    ],
    initializers: constants,
    inputs: [{ name: 'x', type: 'float32', dims: x }],
    outputs: outputs.map((dims, i) => ({ name: names[i]!, type: 'float32', dims })),
    opsets: { '': 18 },
    irVersion: 9,
    producer: { name: 'test', version: '0' },
  };
}

const floats = (name: string, dims: readonly number[]): TensorProto => ({
  name,
  type: 'float32',
  dims,
  data: new Uint8Array(wave(dims.reduce((a, b) => a * b, 1)).buffer),
});
const int64s = (name: string, values: readonly number[]): TensorProto => ({
  name,
  type: 'int64',
  dims: [values.length],
  data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});
const wave = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i));

/** The first output of a model on the cpu provider. */
function compute(model: ModelProto): Float32Array {
  const runtime = nodeRuntime('cpu', 1);
  const session = runtime.createSync(writeModel(runtime.amend(model).model), { profile: 'tiny' });
  const [input, output] = [model.inputs[0]!, model.outputs[0]!];
  const sizeOf = (dims: readonly (number | string)[]) => (dims as number[]).reduce((a, b) => a * b, 1);
  const y = new Float32Array(sizeOf(output.dims));
  session.runSync(
    { x: new Tensor('float32', wave(sizeOf(input.dims)), input.dims as number[]) },
    { [output.name]: new Tensor('float32', y, output.dims as number[]) },
  );
  session.release();
  return y;
}

describe('models for WebGPU', () => {
  const conv = (pads: readonly number[], size: readonly number[]) =>
    modelOf('Conv', [2, 3, 4, 4], [floats('w', [2, 3, 2, 2])], { kernel_shape: [2, 2], pads }, [[2, 2, ...size]]);

  it('pad the end of an image outside of its convolution', () => {
    const model = conv([0, 0, 1, 1], [4, 4]);
    const amended = amendForWebGpu(model);
    expect(amended.cpuNodes).toEqual([]);
    expect(amended.model.nodes.map(({ type }) => type)).toEqual(['Pad', 'Conv']);
    expect(amended.model.nodes[1]!.attributes.pads).toEqual([0, 0, 0, 0]);
    expect(compute(amended.model)).toEqual(compute(model));
  });

  it('keep other convolutions', () => {
    for (const model of [conv([0, 0, 0, 0], [3, 3]), conv([1, 1, 0, 0], [4, 4]), conv([1, 0, 0, 1], [4, 4])]) {
      expect(amendForWebGpu(model)).toEqual({ model, cpuNodes: [] });
    }
  });

  it('leave to the CPU what the provider takes and cannot compute', () => {
    const onCpu = (model: ModelProto) => amendForWebGpu(model).cpuNodes.length === 1;
    const maximum = (outputs: number[][]) => modelOf('MaxPool', [1, 1, 4, 4], [], { kernel_shape: [2, 2] }, outputs);
    expect(onCpu(maximum([[1, 1, 3, 3]]))).toBe(false);
    expect(
      onCpu(
        maximum([
          [1, 1, 3, 3],
          [1, 1, 3, 3],
        ]),
      ),
    ).toBe(true);

    const transposed = (x: number[], kernel: number[], group: number) =>
      modelOf('ConvTranspose', x, [floats('w', kernel)], { kernel_shape: kernel.slice(2), group });
    expect(onCpu(transposed([1, 4, 3, 3], [4, 2, 2, 2], 1))).toBe(false);
    expect(onCpu(transposed([1, 4, 3, 3], [4, 1, 2, 2], 4))).toBe(false);
    expect(onCpu(transposed([1, 4, 3, 3], [4, 1, 2, 2], 2))).toBe(true);
    expect(onCpu(transposed([1, 4, 3, 3, 3], [4, 2, 2, 2, 2], 1))).toBe(true);

    const slice = (start: number, end: number, step: number) =>
      modelOf('Slice', [5], [int64s('s', [start]), int64s('e', [end]), int64s('a', [0]), int64s('d', [step])]);
    expect(onCpu(slice(1, 4, 2))).toBe(false);
    expect(onCpu(slice(-1, -6, -1))).toBe(false);
    expect(onCpu(slice(3, 0, -1))).toBe(true);
  });

  it('name those nodes to the provider', () => {
    expect(withCpuNodes('webgpu', [])).toBe('webgpu');
    expect(withCpuNodes('webgpu', ['a'])).toEqual({ name: 'webgpu', forceCpuNodeNames: ['a'] });
    expect(withCpuNodes('cpu', ['a'])).toBe('cpu');
  });
});

describe('the WebGPU provider', () => {
  /** Runs a script on SwiftShader and returns its standard output. */
  async function onSwiftShader(args: string[], skip: TestContext['skip']): Promise<string> {
    const driver = need(findSwiftShader(), 'no SwiftShader is installed: it is part of Chromium', (note) => skip(note));
    const env = { ...process.env, ...driver };
    const options = { cwd: folder, env, timeout: 230_000, maxBuffer: 2 ** 26 };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, options, (error, stdout, stderr) => {
        // A run with failures exits with 1 and reports them.
        if (error === null || stdout !== '') resolve(stdout);
        else reject(new Error(`${args.join(' ')}: ${error.message}\n${stderr}`));
      });
    });
  }

  it('trains as the cpu provider does', async ({ skip }) => {
    const script = ['--import', 'tsx', '--conditions', '@attune/source', 'test/webgpu/run.ts'];
    const report = JSON.parse(await onSwiftShader(script, skip)) as WebGpuReport;
    expect(report.status).toEqual({ provider: 'webgpu', available: true, reason: null });
    await useOnnx();
    const onCpu = await trainSmallNetwork();
    for (const way of ['captured', 'plain'] as const) {
      expect(report.losses[way]).toHaveLength(onCpu[way].length);
      for (const [i, loss] of onCpu[way].entries()) expect(Math.abs(report.losses[way][i]! - loss)).toBeLessThan(1e-3);
    }
  });

  // Each group has specs that fail without the ways around the provider's mistakes.
  it.for([
    ['conv2d ', 98],
    ['depthwiseConv2d gradients', 9],
    ['conv3dTranspose', 2],
    ['maxPoolBackprop', 16],
    ['stridedSlice', 50],
    ['clipByValue', 15],
  ] as const)("passes tfjs's specs of %s", async ([filter, specs], { skip }) => {
    const script = ['conformance/run.mjs', '--provider', 'webgpu', '--jobs', '1', '--json', '--filter', filter];
    const { passed, failed, unexpected } = JSON.parse(await onSwiftShader(script, skip));
    expect(unexpected).toEqual([]);
    expect(passed + failed.length).toBeGreaterThanOrEqual(specs);
  });
});
