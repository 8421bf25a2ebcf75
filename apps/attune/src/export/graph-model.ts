/**
 * A recorded forward pass as a TensorFlow.js graph model: a GraphDef in JSON, and the weights. It loads with
 * `tf.loadGraphModel`. The batch is left open: the pass is recorded with two batch sizes, and what differs follows the batch.
 */
import type { ImageNetwork } from '@attune/core';
import { tf } from '@attune/core';
import type { RecordedGraph, RecordedInput, RecordedNode } from './record-graph.ts';
import { recordGraph } from './record-graph.ts';

export interface GraphModel {
  readonly topology: object;
  readonly signature: object;
  readonly weightSpecs: readonly WeightSpec[];
  /** The weights, one after the other in the order of their specifications. */
  readonly weightData: Uint8Array;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32';
}

/** Names of the model's input [N, size, size, channels], preprocessed, and output [N, classes]. */
export const INPUT_NAME = 'images';
export const OUTPUT_NAME = 'logits';

type NodeAttribute = object;
interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, NodeAttribute>>;
}

export async function graphModel(network: ImageNetwork): Promise<GraphModel> {
  const { size, channels } = network.preprocessing;
  const depth = channels === 'gray' ? 1 : 3;
  const record = (batch: number) => recordGraph((images) => network.apply(images), [batch, size, size, depth]);
  const [graph, other] = [await record(2), await record(3)];
  const writer = new GraphWriter();
  const shape = [-1, size, size, depth];
  writer.node(INPUT_NAME, 'Placeholder', [], { dtype: FLOAT, shape: { shape: dims(shape) } });
  const names = new Map<object, string>();
  for (const { name, variable } of network.parameters.values()) names.set(variable.dataId, name);
  const parameters = new Map([...network.parameters].map(([name, { variable }]) => [name, variable]));

  const nameOf = async ({ source, shape, dtype }: RecordedInput): Promise<string> => {
    switch (source.kind) {
      case 'input':
        return INPUT_NAME;
      case 'node':
        return nodeName(graph, source.node);
      case 'constant':
        return writer.constant(`constant_${writer.count}`, shape, dtype as 'float32', source.values as Float32Array);
      case 'tensor': {
        const name = names.get(source.dataId);
        if (name === undefined) throw new Error('internal: the network uses a tensor that is no parameter');
        const values = (await parameters.get(name)!.data()) as Float32Array;
        return writer.constant(name, parameters.get(name)!.shape, 'float32', values);
      }
      default:
        return source satisfies never;
    }
  };

  const needed = neededNodes(graph);
  for (const [index, node] of graph.nodes.entries()) {
    if (!needed.has(index)) continue;
    const inputs: Record<string, string> = {};
    for (const [name, input] of Object.entries(node.inputs)) inputs[name] = await nameOf(input);
    writeNode(writer, nodeName(graph, index), node, other.nodes[index]!, inputs);
  }
  writer.node(OUTPUT_NAME, 'Identity', [await nameOf(graph.output)], { T: FLOAT });
  return {
    topology: { node: writer.nodes, library: {}, versions: { producer: 1 } },
    signature: {
      inputs: { [INPUT_NAME]: tensorInfo(INPUT_NAME, shape) },
      outputs: { [OUTPUT_NAME]: tensorInfo(OUTPUT_NAME, [-1, network.classes]) },
    },
    weightSpecs: writer.specs,
    weightData: Buffer.concat(writer.data),
  };
}

/** What the output depends on: a modular network computes more, the logits of the head that it has left aside. */
function neededNodes({ nodes, output }: RecordedGraph): Set<number> {
  const needed = new Set<number>();
  const open = [output];
  for (let input = open.pop(); input !== undefined; input = open.pop()) {
    if (input.source.kind !== 'node' || needed.has(input.source.node)) continue;
    needed.add(input.source.node);
    open.push(...Object.values(nodes[input.source.node]!.inputs));
  }
  return needed;
}

function nodeName({ nodes }: RecordedGraph, index: number): string {
  return `${nodes[index]!.kernel}_${index}`;
}

/** Collects nodes and weights; a constant of a name is written once. */
class GraphWriter {
  readonly nodes: GraphNode[] = [];
  readonly specs: WeightSpec[] = [];
  readonly data: Uint8Array[] = [];

  get count(): number {
    return this.specs.length;
  }

  node(name: string, op: string, input: readonly string[], attr: Readonly<Record<string, NodeAttribute>>): string {
    this.nodes.push({ name, op, ...(input.length > 0 ? { input } : {}), attr });
    return name;
  }

  constant(
    name: string,
    shape: readonly number[],
    dtype: 'float32' | 'int32',
    values: Float32Array | Int32Array | readonly number[],
  ): string {
    if (this.specs.some((spec) => spec.name === name)) return name;
    const typed = dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values);
    const type = dtype === 'int32' ? INTEGER : FLOAT;
    this.node(name, 'Const', [], {
      dtype: type,
      value: { tensor: { dtype: type.type, tensorShape: dims(shape) } },
    });
    this.specs.push({ name, shape: [...shape], dtype });
    this.data.push(new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength));
    return name;
  }

  integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.constant(name, shape, 'int32', values);
  }
}

/** One kernel as a node of TensorFlow; `other` is the same node of the recording with another batch size. */
function writeNode(
  writer: GraphWriter,
  name: string,
  node: RecordedNode,
  other: RecordedNode,
  inputs: Readonly<Record<string, string>>,
): void {
  const { kernel, attributes, shape } = node;
  const own = (op: string, input: readonly string[], attr: Record<string, NodeAttribute> = {}) =>
    writer.node(name, op, input, { T: FLOAT, ...attr });
  switch (kernel) {
    case 'Relu':
    case 'Relu6':
    case 'Identity':
      return void own(kernel, [inputs.x!]);
    case 'Cast':
      if (attributes.dtype !== 'float32') throw new Error('internal: a forward pass of numbers casts to another type');
      return void own('Identity', [inputs.x!]);
    case 'Softmax':
      return void own(kernel, [inputs.logits!]);
    case 'Add':
      return void own('AddV2', [inputs.a!, inputs.b!]);
    case 'Multiply':
      return void own('Mul', [inputs.a!, inputs.b!]);
    case 'Conv2D':
    case 'DepthwiseConv2dNative':
      return void own(kernel, [inputs.x!, inputs.filter!], {
        strides: list([1, ...pair(attributes.strides), 1]),
        dilations: list([1, ...pair(attributes.dilations), 1]),
        data_format: text('NHWC'),
        ...padding(attributes.pad),
      });
    case 'FusedBatchNorm':
      return void own('FusedBatchNormV3', [inputs.x!, inputs.scale!, inputs.offset!, inputs.mean!, inputs.variance!], {
        U: FLOAT,
        data_format: text('NHWC'),
        is_training: { b: false },
        epsilon: { f: attributes.varianceEpsilon as number },
      });
    case 'MaxPool':
    case 'AvgPool': {
      const margins = explicit(attributes.pad);
      let input = inputs.x!;
      if (margins !== undefined) {
        // TensorFlow's pooling has no margins of its own: those of a maximum hold what is never chosen.
        if (kernel === 'AvgPool') throw new Error('internal: an average over padding has no form in TensorFlow');
        input = pad(writer, `${name}/padded`, input, margins, LOWEST);
      }
      return void own(kernel, [input], {
        ksize: list([1, ...pair(attributes.filterSize), 1]),
        strides: list([1, ...pair(attributes.strides), 1]),
        data_format: text('NHWC'),
        padding: text(margins === undefined ? String(attributes.pad).toUpperCase() : 'VALID'),
      });
    }
    case 'PadV2':
      return void pad(writer, name, inputs.x!, attributes.paddings as number[][], attributes.constantValue as number);
    case 'Concat': {
      const parts = Object.values(inputs);
      return void own('ConcatV2', [...parts, writer.integers(`${name}/axis`, [attributes.axis as number], [])], {
        N: { i: String(parts.length) },
        Tidx: INTEGER,
      });
    }
    case 'Mean': {
      const axes = tf.util.parseAxisParam(attributes.axis as number[], [...node.inputs.x!.shape]);
      return void own('Mean', [inputs.x!, writer.integers(`${name}/axes`, axes)], {
        keep_dims: { b: attributes.keepDims === true },
        Tidx: INTEGER,
      });
    }
    case 'ResizeBilinear':
      return void own(kernel, [inputs.images!, writer.integers(`${name}/size`, attributes.size as number[])], {
        align_corners: { b: attributes.alignCorners === true },
        half_pixel_centers: { b: attributes.halfPixelCenters === true },
      });
    case 'Reshape': {
      const differing = shape.filter((size, i) => size !== other.shape[i]).length;
      if (differing > 1) throw new Error('internal: a reshape depends on the batch in more than one place');
      const target = shape.map((size, i) => (size === other.shape[i] ? size : -1));
      return void own('Reshape', [inputs.x!, writer.integers(`${name}/shape`, target)], { Tshape: INTEGER });
    }
    case 'BatchMatMul':
      return void own('BatchMatMulV2', [inputs.a!, inputs.b!], {
        adj_x: { b: attributes.transposeA === true },
        adj_y: { b: attributes.transposeB === true },
      });
    default:
      throw new Error(`internal: ${kernel} has no form in TensorFlow`);
  }
}

const FLOAT = { type: 'DT_FLOAT' } as const;
const INTEGER = { type: 'DT_INT32' } as const;

/** The lowest float32. */
const LOWEST = -3.4028234663852886e38;

function pad(writer: GraphWriter, name: string, input: string, margins: readonly number[][], value: number): string {
  const margin = writer.integers(`${name}/margins`, margins.flat(), [margins.length, 2]);
  const filling = writer.constant(`${name}/filling`, [], 'float32', [value]);
  return writer.node(name, 'PadV2', [input, margin, filling], { T: FLOAT, Tpaddings: INTEGER });
}

/** Margins of each dimension, where they are not left to `same` and `valid`. */
function explicit(pad: unknown): number[][] | undefined {
  if (pad === 0 || typeof pad === 'string') return undefined;
  if (typeof pad === 'number')
    return [
      [0, 0],
      [pad, pad],
      [pad, pad],
      [0, 0],
    ];
  return pad as number[][];
}

function padding(pad: unknown): Record<string, NodeAttribute> {
  const margins = explicit(pad);
  if (margins === undefined) return { padding: text(pad === 0 ? 'VALID' : String(pad).toUpperCase()) };
  return { padding: text('EXPLICIT'), explicit_paddings: list(margins.flat()) };
}

function pair(value: unknown): [number, number] {
  return Array.isArray(value) ? (value as [number, number]) : [value as number, value as number];
}

function list(values: readonly number[]): NodeAttribute {
  return { list: { i: values.map(String) } };
}

/** Strings in a GraphDef's JSON are bytes in base64. */
function text(value: string): NodeAttribute {
  return { s: Buffer.from(value).toString('base64') };
}

function dims(shape: readonly number[]): object {
  return { dim: shape.map((size) => ({ size: String(size) })) };
}

function tensorInfo(name: string, shape: readonly number[]): object {
  return { name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: dims(shape) };
}
