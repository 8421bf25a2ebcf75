/**
 * tfjs's own cpu kernels over host memory: for kernels without an ONNX form, for strings and complex numbers, and for
 * small graphs that are not worth a session.
 */
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import {
  type DataType,
  getKernel,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { DType, HostArray, Value } from './graph/value.ts';
import type { GraphSlice } from './runtime/program.ts';

/** A tensor on the host, apart from any backend. */
export type HostTensor =
  | { readonly kind: 'numeric'; readonly shape: readonly number[]; readonly dtype: DType; readonly data: HostArray }
  | { readonly kind: 'string'; readonly shape: readonly number[]; readonly data: readonly Uint8Array[] }
  | {
      readonly kind: 'complex';
      readonly shape: readonly number[];
      readonly real: Float32Array;
      readonly imag: Float32Array;
    };

/** Inputs of a kernel as tfjs passes them: by name, or as an array. */
export type HostInputs = { readonly [name: string]: HostTensor } | readonly HostTensor[];

/** Not registered with tfjs's engine: only a store for the cpu kernels to work on. */
const store = new MathBackendCPU();
(store as unknown as { firstUse: boolean }).firstUse = false;
// Abs makes its output a tensor of the engine, which nobody would ever dispose of.
(store as unknown as { makeOutput: (values: HostArray, shape: number[], dtype: DType) => TensorInfo }).makeOutput = (
  values,
  shape,
  dtype,
) => store.makeTensorInfo(shape, dtype, values);

/** tfjs's kernel of this name updates its first input in place. */
const WRITES_INTO_INPUT = 'TensorScatterUpdate';

/** Runs a kernel on tfjs's cpu implementation. Inputs are not changed. */
export function runOnHost(kernelName: string, inputs: HostInputs, attrs: NamedAttrMap): HostTensor[] {
  const kernel = getKernel(kernelName, 'cpu');
  if (kernel === undefined) throw new Error(`tfjs has no cpu kernel '${kernelName}' to fall back on`);
  const infos: TensorInfo[] = [];
  const place = (tensor: HostTensor) => {
    const info = toStore(
      kernelName === WRITES_INTO_INPUT && tensor.kind === 'numeric' ? { ...tensor, data: tensor.data.slice() } : tensor,
    );
    infos.push(info);
    return info;
  };
  const placed = mapInputs(inputs, place);
  try {
    const out = kernel.kernelFunc({ inputs: placed, attrs, backend: store });
    const outputs = Array.isArray(out) ? out : [out];
    const results = outputs.map(fromStore);
    for (const info of outputs) store.disposeData(info.dataId);
    return results;
  } finally {
    for (const info of infos) store.disposeData(info.dataId);
  }
}

/** Kernels such as RaggedGather take arrays of tensors inside their named inputs. */
function mapInputs(inputs: HostInputs, place: (tensor: HostTensor) => TensorInfo): NamedTensorInfoMap {
  if (Array.isArray(inputs)) return inputs.map(place) as unknown as NamedTensorInfoMap;
  const entries = Object.entries(inputs as { [name: string]: HostTensor | readonly HostTensor[] });
  return Object.fromEntries(
    entries.map(([name, tensor]) => [name, Array.isArray(tensor) ? tensor.map(place) : place(tensor as HostTensor)]),
  ) as unknown as NamedTensorInfoMap;
}

/** Some cpu kernels read the rank as well, which tensors have and plain infos do not. */
function toStore(tensor: HostTensor): TensorInfo & { rank: number } {
  return { ...place(tensor), rank: tensor.shape.length };
}

function place(tensor: HostTensor): TensorInfo {
  const shape = [...tensor.shape];
  if (tensor.kind === 'numeric') return store.makeTensorInfo(shape, tensor.dtype, tensor.data);
  if (tensor.kind === 'string')
    return { dataId: store.write([...tensor.data], shape, 'string'), shape, dtype: 'string' };
  const info = store.makeTensorInfo(shape, 'complex64');
  store.data.get(info.dataId).complexTensorInfos = {
    real: store.makeTensorInfo(shape, 'float32', tensor.real),
    imag: store.makeTensorInfo(shape, 'float32', tensor.imag),
  };
  return info;
}

function fromStore(info: TensorInfo): HostTensor {
  const { values, complexTensorInfos } = store.data.get(info.dataId);
  const { shape } = info;
  if (complexTensorInfos !== undefined) {
    const part = (of: TensorInfo) => store.data.get(of.dataId).values as Float32Array;
    return { kind: 'complex', shape, real: part(complexTensorInfos.real), imag: part(complexTensorInfos.imag) };
  }
  if (info.dtype === 'string') return { kind: 'string', shape, data: values as Uint8Array[] };
  const dtype = info.dtype as DType;
  return { kind: 'numeric', shape, dtype, data: toHostArray(values as ArrayLike<number>, dtype) };
}

/** The array that a dtype is kept in; some cpu kernels hand back plain arrays or another element type. */
export function toHostArray(values: ArrayLike<number>, dtype: DataType): HostArray {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values);
  return values instanceof Uint8Array ? values : Uint8Array.from(values);
}

/** Computes a slice node by node; every leaf has data in the logical order. */
export function interpret(slice: GraphSlice): void {
  const known = new Map<Value, HostTensor>();
  const tensorOf = (value: Value): HostTensor =>
    known.get(value) ?? { kind: 'numeric', shape: value.shape, dtype: value.dtype, data: value.data! };
  for (const node of slice.nodes) {
    const tensors = node.inputs.map(tensorOf);
    const inputs = node.listed ? tensors : Object.fromEntries(node.names.map((name, i) => [name, tensors[i]!]));
    const results = runOnHost(node.kernel.name, inputs, node.attrs as NamedAttrMap);
    for (const [i, output] of node.outputs.entries()) {
      const result = results[i]!;
      // A kernel may hand its input's array on; values must not share memory with one that is recycled.
      if (result.kind === 'numeric' && tensors.some((t) => t.kind === 'numeric' && t.data === result.data)) {
        known.set(output, { ...result, data: result.data.slice() });
      } else known.set(output, result);
    }
  }
  for (const output of slice.outputs) {
    const result = known.get(output)!;
    if (result.kind !== 'numeric') throw new Error(`internal: ${result.kind} value in the graph`);
    output.data = toHostArray(result.data, output.dtype);
  }
}
