/** Registers the backend and its kernels with tfjs. */
import {
  type DataType,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerBackend,
  registerKernel,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { OnnxBackend, type OnnxBackendOptions, setReshapeKernel } from './backend.ts';
import { nativeKernels, reshape } from './kernels/index.ts';
import type { Runtime } from './runtime/runtime.ts';

export const BACKEND_NAME = 'onnx';

type Call = { inputs: NamedTensorInfoMap; backend: OnnxBackend; attrs: Record<string, unknown> };

/** Kernels that hand on the data of their input, and those of complex numbers, which are pairs of values. */
const structural: Record<string, (call: Call) => TensorInfo> = {
  Identity: ({ inputs, backend }) => share(backend, inputs.x!, inputs.x!.shape),
  Reshape: ({ inputs, backend, attrs }) => {
    const x = inputs.x!;
    const size = util.sizeFromShape(x.shape);
    const shape = util.inferFromImplicitShape(attrs.shape as number[], size);
    util.assert(
      size === util.sizeFromShape(shape),
      () =>
        `The new shape (${shape}) has ${util.sizeFromShape(shape)} elements and the old shape (${x.shape}) has ${size} elements. The new shape and old shape must have the same number of elements.`,
    );
    return share(backend, x, shape);
  },
  ExpandDims: ({ inputs, backend, attrs }) => {
    const x = inputs.input!;
    const shape = [...x.shape];
    let dim = attrs.dim as number;
    if (dim < 0) {
      util.assert(
        -(x.shape.length + 1) <= dim,
        () => `Axis must be in the interval [${-(x.shape.length + 1)}, ${x.shape.length}]`,
      );
      dim += x.shape.length + 1;
    }
    shape.splice(dim, 0, 1);
    return share(backend, x, shape);
  },
  Complex: ({ inputs, backend }) =>
    backend.complexFor(backend.graphValue(inputs.real!), backend.graphValue(inputs.imag!), inputs.real!.shape),
  Real: ({ inputs, backend }) => backend.tensorFor(backend.complexParts(inputs.input!).real, inputs.input!.shape),
  Imag: ({ inputs, backend }) => backend.tensorFor(backend.complexParts(inputs.input!).imag, inputs.input!.shape),
};

/** Kernels that take complex tensors apart: the graph knows the parts alone. */
const complex: Record<string, (call: Call) => TensorInfo> = {
  ComplexAbs: ({ inputs, backend }) => onParts('ComplexAbs', inputs.x!, backend)[0]!,
  FFT: ({ inputs, backend }) => joined(onParts('FFT', inputs.input!, backend), backend),
  IFFT: ({ inputs, backend }) => joined(onParts('IFFT', inputs.input!, backend), backend),
};

function onParts(name: string, info: TensorInfo, backend: OnnxBackend): TensorInfo[] {
  const { real, imag } = backend.complexParts(info);
  const parts = { real: backend.tensorFor(real, info.shape), imag: backend.tensorFor(imag, info.shape) };
  const outputs = backend.run(nativeKernels().get(name)!, parts, {});
  for (const part of Object.values(parts)) backend.disposeData(part.dataId);
  return outputs;
}

function joined([real, imag]: TensorInfo[], backend: OnnxBackend): TensorInfo {
  const pair = backend.complexFor(backend.graphValue(real!), backend.graphValue(imag!), real!.shape);
  for (const part of [real!, imag!]) backend.disposeData(part.dataId);
  return pair;
}

function share(backend: OnnxBackend, x: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}

function kernelFuncOf(name: string): KernelFunc {
  const structure = structural[name] ?? complex[name];
  if (structure !== undefined) return (call) => structure(call as unknown as Call);
  const kernel = nativeKernels().get(name);
  return (call) => {
    const { inputs, attrs } = call;
    const backend = call.backend as OnnxBackend;
    if (name === 'Cast') {
      const to = (attrs as unknown as { dtype: DataType }).dtype;
      if (inputs.x!.dtype === to) return share(backend, inputs.x!, inputs.x!.shape);
      if (to === 'complex64' || to === 'string') return one(backend.runFallback(name, inputs, attrs!));
    }
    const outputs =
      kernel === undefined ? backend.runFallback(name, inputs, attrs!) : backend.run(kernel, inputs, attrs!);
    return LISTED.has(name) ? outputs : one(outputs);
  };
}

/** Kernels with any number of outputs, one included. */
const LISTED = new Set(['RaggedGather', 'SplitV', 'Unpack']);

/** tfjs takes a single output bare. */
function one(outputs: TensorInfo[]): TensorInfo | TensorInfo[] {
  return outputs.length === 1 ? outputs[0]! : outputs;
}

/** Names of all kernels: those of tfjs's cpu backend, which this backend falls back on, and its own. */
export function kernelNames(): string[] {
  const names = new Set(getKernelsForBackend('cpu').map((kernel) => kernel.kernelName));
  for (const name of nativeKernels().keys()) names.add(name);
  return [...names].sort();
}

/** How each kernel runs. Structural kernels move no data at all. */
export function kernelSupport(name: string): 'structural' | 'native' | 'fallback' {
  if (structural[name] !== undefined) return 'structural';
  return nativeKernels().has(name) ? 'native' : 'fallback';
}

let registered = false;

/** Registers the backend under the name 'onnx'; `tf.setBackend('onnx')` makes it the current one. */
export function registerWith(runtime: Runtime, options: OnnxBackendOptions = {}, priority = 3): OnnxBackend {
  setReshapeKernel(reshape);
  const backend = new OnnxBackend(runtime, options);
  registerBackend(BACKEND_NAME, () => backend, priority);
  if (!registered) {
    for (const kernelName of kernelNames()) {
      registerKernel({ kernelName, backendName: BACKEND_NAME, kernelFunc: kernelFuncOf(kernelName) } as KernelConfig);
    }
    registered = true;
  }
  return backend;
}
