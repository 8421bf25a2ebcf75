/**
 * Records what a function does to its input as a list of TensorFlow.js kernels, without computing anything: a backend that
 * only works out shapes, registered through tfjs's public API. The functions are forward passes of networks, so the
 * kernels are the few that those use; another one is an error that names it.
 */
import { tf } from '@attune/core';

/** A value of the recorded graph. */
export type Source =
  | { readonly kind: 'input' }
  /** A tensor that was there before, such as a variable. */
  | { readonly kind: 'tensor'; readonly dataId: object }
  /** A tensor that the function made of numbers. */
  | { readonly kind: 'constant'; readonly values: tf.backend_util.BackendValues }
  /** The output of the node of that number. */
  | { readonly kind: 'node'; readonly node: number };

export interface RecordedNode {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, RecordedInput>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly shape: readonly number[];
}

export interface RecordedInput {
  readonly source: Source;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

export interface RecordedGraph {
  readonly nodes: readonly RecordedNode[];
  readonly output: RecordedInput;
}

const BACKEND = 'attune-recorder';

/** What the backend that is current now has recorded. */
let recording: { nodes: RecordedNode[]; sources: WeakMap<object, Source> } | undefined;

class Recorder extends tf.KernelBackend {
  private live = new Set<object>();

  override write(values: tf.backend_util.BackendValues): object {
    return this.add({ kind: 'constant', values });
  }

  override move(dataId: object, values: tf.backend_util.BackendValues): void {
    this.live.add(dataId);
    recording?.sources.set(dataId, { kind: 'constant', values });
  }

  /** A new value. */
  add(source: Source): object {
    const dataId = {};
    this.live.add(dataId);
    recording!.sources.set(dataId, source);
    return dataId;
  }

  override disposeData(dataId: object): boolean {
    this.live.delete(dataId);
    return true;
  }

  override incRef(): void {}

  override refCount(): number {
    return 1;
  }

  override numDataIds(): number {
    return this.live.size;
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override timerAvailable(): boolean {
    return false;
  }
}

type Shapes = Readonly<Record<string, tf.TensorInfo>>;
type Attributes = Readonly<Record<string, unknown>>;

const same = ({ x }: Shapes): number[] => x!.shape;

/** Output shapes by kernel. */
const OUTPUT_SHAPES: Readonly<Record<string, (inputs: Shapes, attributes: Attributes) => number[]>> = {
  Relu: same,
  Relu6: same,
  Cast: same,
  Identity: same,
  Softmax: ({ logits }) => logits!.shape,
  FusedBatchNorm: same,
  Add: broadcast,
  Multiply: broadcast,
  Reshape: ({ x }, { shape }) => tf.util.inferFromImplicitShape(shape as number[], tf.util.sizeFromShape(x!.shape)),
  Conv2D: (inputs, attributes) => convolved(inputs, attributes, false),
  DepthwiseConv2dNative: (inputs, attributes) => convolved(inputs, attributes, true),
  MaxPool: pooled,
  AvgPool: pooled,
  PadV2: ({ x }, { paddings }) =>
    x!.shape.map((size, i) => {
      const [before, after] = (paddings as [number, number][])[i]!;
      return size + before + after;
    }),
  Concat: (inputs, { axis }) => {
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    const [at] = tf.util.parseAxisParam(axis as number, shapes[0]!);
    return tf.backend_util.computeOutShape(shapes, at!);
  },
  Mean: ({ x }, { axis, keepDims }) => {
    const axes = tf.util.parseAxisParam(axis as number[], x!.shape);
    const [reduced] = tf.backend_util.computeOutAndReduceShapes(x!.shape, axes);
    return keepDims ? tf.backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
  },
  ResizeBilinear: ({ images }, { size }) => [images!.shape[0]!, ...(size as [number, number]), images!.shape[3]!],
  BatchMatMul: ({ a, b }, { transposeA, transposeB }) => {
    const [rows, columns] = [a!.shape.at(transposeA ? -1 : -2)!, b!.shape.at(transposeB ? -2 : -1)!];
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return [...batch, rows, columns];
  },
};

function broadcast({ a, b }: Shapes): number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape(a!.shape, b!.shape);
}

function convolved({ x, filter }: Shapes, attributes: Attributes, depthwise: boolean): number[] {
  const { strides, pad, dilations, dimRoundingMode } = attributes as unknown as {
    strides: [number, number];
    pad: 'same';
    dilations: [number, number];
    dimRoundingMode: undefined;
  };
  const kernel = filter!.shape as [number, number, number, number];
  const input = x!.shape as [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(input, kernel, strides, dilations, pad, dimRoundingMode, depthwise).outShape;
}

function pooled({ x }: Shapes, attributes: Attributes): number[] {
  const { filterSize, strides, pad } = attributes as unknown as { filterSize: number; strides: number; pad: 'same' };
  return tf.backend_util.computePool2DInfo(x!.shape as [number, number, number, number], filterSize, strides, 1, pad)
    .outShape;
}

let registered = false;

function register(): void {
  if (registered) return;
  registered = true;
  tf.registerBackend(BACKEND, () => new Recorder(), -1);
  for (const [kernelName, outputShape] of Object.entries(OUTPUT_SHAPES))
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const infos = inputs as unknown as Record<string, tf.TensorInfo>;
        const attributes = (attrs ?? {}) as Record<string, unknown>;
        const shape = outputShape(infos, attributes);
        const recorded = Object.entries(infos)
          .filter(([, info]) => info !== undefined && info !== null)
          .map(([name, info]) => [name, recordedInput(info)] as const);
        const node = { kernel: kernelName, inputs: Object.fromEntries(recorded), attributes, shape };
        const number = recording!.nodes.push(node) - 1;
        return { dataId: (backend as Recorder).add({ kind: 'node', node: number }), shape, dtype: 'float32' };
      },
    });
}

function recordedInput({ dataId, shape, dtype }: tf.TensorInfo): RecordedInput {
  return { source: recording!.sources.get(dataId) ?? { kind: 'tensor', dataId }, shape: [...shape], dtype };
}

/**
 * Records `fn` on an input of that shape. Tensors from outside, such as variables, may live on any backend.
 * @throws Error for a kernel that is not among the forward kernels of networks.
 */
export async function recordGraph(
  fn: (input: tf.Tensor4D) => tf.Tensor,
  shape: [number, number, number, number],
): Promise<RecordedGraph> {
  register();
  const previous = tf.getBackend();
  recording = { nodes: [], sources: new WeakMap() };
  try {
    await tf.setBackend(BACKEND);
    let output: RecordedInput | undefined;
    tf.tidy(() => {
      const input = tf.tensor4d(new Float32Array(tf.util.sizeFromShape(shape)), shape);
      recording!.sources.set(input.dataId, { kind: 'input' });
      output = recordedInput(fn(input));
    });
    return { nodes: recording.nodes, output: output! };
  } finally {
    await tf.setBackend(previous);
    recording = undefined;
  }
}
