/**
 * Writes recorded kernels as an ONNX graph and keeps track of layouts.
 *
 * A value may be present in several layouts at once; the first that a kernel asks for is made by one `Transpose` and
 * shared. Element-wise kernels work in whatever layout their inputs have, so a network of convolutions stays in NCHW
 * from end to end, its gradients and the optimiser's state included.
 */
import { between, invert, layoutKey, normalise, permute, transposeHost } from '../graph/permutation.ts';
import { type DType, type GraphNode, type HostArray, type Permutation, sizeOf, type Value } from '../graph/value.ts';
import {
  type Attribute,
  ELEMENT_TYPE,
  type ElementType,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './writer.ts';

export const OPSET = 18;
export const IR_VERSION = 9;
export const CONTRIB = 'com.microsoft';

export interface OpOptions {
  readonly outputs?: number;
  readonly domain?: string;
}

interface Layouts {
  /** Tensor names by layout key. */
  readonly names: Map<string, { readonly name: string; readonly permutation: Permutation }>;
}

export interface GraphOutput {
  readonly value: Value;
  readonly name: string;
  /** The layout in which the data comes out. */
  readonly permutation: Permutation;
}

export interface ModelOptions {
  readonly graphName?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Names that the outputs must have. */
  readonly names?: readonly string[];
  /** Whether to write the shapes of values inside the graph. Default false: ONNX Runtime infers them. */
  readonly shapes?: boolean;
}

export interface LoweringOptions {
  /** Only operators of the ONNX standard, for models that others run. Default: ONNX Runtime's own are used too. */
  readonly portable?: boolean;
  /** Width of the runtime's channel blocks; 0, the default, where it has none. */
  readonly blockSize?: number;
}

export class Lowering {
  readonly portable: boolean;
  readonly blockSize: number;
  private readonly readers = new Map<Value, (GraphNode | null)[]>();
  private readonly rectifiers = new Map<Value, Value>();
  private readonly nodes: NodeProto[] = [];
  private readonly initializers: TensorProto[] = [];
  private readonly graphInputs: ValueInfoProto[] = [];
  private readonly layouts = new Map<Value, Layouts>();
  private readonly constants = new Map<string, string>();
  /** Data of baked-in values, so that a layout change of a constant is made once, here, and not in each run. */
  private readonly baked = new Map<Value, HostArray>();
  private readonly made = new Map<string, string>();
  private count = 0;
  /** The kernel being lowered: names the nodes, so that an error of the runtime names the tfjs op. */
  private scope = '';

  constructor(options: LoweringOptions = {}) {
    this.portable = options.portable ?? false;
    this.blockSize = options.blockSize ?? 0;
  }

  /** Takes note of who reads what, which fusions ask for. Call it before any node is lowered. */
  announce(nodes: readonly GraphNode[], outputs: readonly Value[]): void {
    const add = (value: Value, reader: GraphNode | null) => {
      const list = this.readers.get(value);
      if (list === undefined) this.readers.set(value, [reader]);
      else list.push(reader);
    };
    for (const node of nodes) {
      for (const input of node.inputs) add(input, node);
      if (node.kernel.name === 'Relu' && node.inputs[0]!.dtype === 'float32') {
        this.rectifiers.set(node.inputs[0]!, node.outputs[0]!);
      }
    }
    for (const output of outputs) add(output, null);
  }

  /** The nodes that read the value; null stands for the caller, who wants it as an output. */
  readersOf(value: Value): readonly (GraphNode | null)[] {
    return this.readers.get(value) ?? [];
  }

  /** max(value, 0), where the graph has it. */
  rectified(value: Value): Value | undefined {
    return this.rectifiers.get(value);
  }

  /** A value that is fed at each run, in the given layout; fed as another type, it is cast. */
  input(value: Value, name: string, permutation: Permutation, type: ElementType = value.dtype): void {
    const dims = permute(value.shape, permutation);
    this.graphInputs.push({ name, type, dims });
    this.scope = name;
    this.define(value, type === value.dtype ? name : this.cast(name, value.dtype), permutation);
  }

  /** A value that is baked into the graph. */
  constantValue(value: Value, name: string): void {
    const data = value.data!;
    this.initializers.push({
      name,
      type: value.dtype,
      dims: permute(value.shape, value.permutation),
      data: bytesOf(data),
    });
    this.define(value, name, value.permutation);
    this.baked.set(value, data);
  }

  /** Lowers one recorded node: in a fused form where `fuse` finds one, else by its kernel. */
  lower(node: GraphNode, fuse: (graph: Lowering, node: GraphNode) => boolean = () => false): void {
    this.scope = node.kernel.name;
    if (!fuse(this, node)) node.kernel.lower(this, node);
    for (const output of node.outputs) {
      if (!this.layouts.has(output)) throw new Error(`internal: ${node.kernel.name} left an output undefined`);
    }
  }

  // ---- layouts ----

  /** Says that tensor `name` holds `value` in the given layout. */
  define(value: Value, name: string, permutation: Permutation = null): void {
    let entry = this.layouts.get(value);
    if (entry === undefined) this.layouts.set(value, (entry = { names: new Map() }));
    const key = layoutKey(permutation);
    if (!entry.names.has(key)) entry.names.set(key, { name, permutation });
  }

  /** The layout that the value was made in, or the logical one when it is present too. */
  preferredLayout(value: Value): Permutation {
    const entry = this.entryOf(value);
    if (entry.names.has('')) return null;
    return entry.names.values().next().value!.permutation;
  }

  hasLayout(value: Value, permutation: Permutation): boolean {
    return this.entryOf(value).names.has(layoutKey(permutation));
  }

  /** The name of the tensor that holds `value` in the given layout; transposes once where it is missing. */
  ref(value: Value, permutation: Permutation = null): string {
    const entry = this.entryOf(value);
    const key = layoutKey(permutation);
    const present = entry.names.get(key);
    if (present !== undefined) return present.name;
    const from = entry.names.values().next().value!;
    const name = this.relayout(value, from.name, from.permutation, permutation);
    entry.names.set(key, { name, permutation });
    return name;
  }

  private relayout(value: Value, name: string, from: Permutation, to: Permutation): string {
    const rank = value.shape.length;
    const steps = between(from, to, rank);
    if (steps === null) return name;
    const constant = this.baked.get(value);
    if (constant !== undefined && from === value.permutation) {
      const data = transposeHost(constant, permute(value.shape, from), steps);
      return this.tensor(value.dtype, data, permute(value.shape, to));
    }
    // Moving dimensions of length 1 about is a reshape, which costs nothing; but it names sizes, which may be open in an export.
    const long = (layout: Permutation) =>
      permute([...value.shape.keys()], layout).filter((axis) => value.shape[axis] !== 1);
    if (!this.portable && long(from).every((axis, i) => axis === long(to)[i]))
      return this.reshape(name, permute(value.shape, to));
    return this.op('Transpose', [name], { perm: steps });
  }

  private entryOf(value: Value): Layouts {
    const entry = this.layouts.get(value);
    if (entry === undefined) throw new Error(`internal: ${this.scope} reads a value that is not in the graph`);
    return entry;
  }

  /**
   * The layout that an element-wise kernel should work in: that of its largest input of the output's rank which is not
   * there in the logical order.
   */
  elementwiseLayout(inputs: readonly Value[], rank: number): Permutation {
    let best: Permutation = null;
    let bestSize = 1;
    for (const input of inputs) {
      const size = sizeOf(input.shape);
      if (input.shape.length !== rank || size < bestSize || size === 1) continue;
      const layout = this.preferredLayout(input);
      if (size > bestSize || best === null) best = layout;
      bestSize = size;
    }
    return best;
  }

  /** An input of an element-wise kernel, as it broadcasts against outputs of `rank` in `layout`. */
  broadcastRef(value: Value, rank: number, layout: Permutation): string {
    if (layout === null) return this.ref(value);
    const size = sizeOf(value.shape);
    if (value.shape.length === rank) return this.ref(value, layout);
    if (size === 1) return value.shape.length === 0 ? this.ref(value) : this.reshape(this.ref(value), []);
    const aligned = [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape];
    const physical = permute(aligned, layout);
    const name = this.reshape(this.ref(value), aligned.filter((d) => d !== 1).length <= 1 ? physical : aligned);
    if (aligned.filter((d) => d !== 1).length <= 1) return name;
    return this.op('Transpose', [name], { perm: [...layout!] });
  }

  // ---- operators and constants ----

  /** Adds an operator and returns the name of its (first) output. */
  op(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: OpOptions = {},
  ): string {
    return this.ops(type, inputs, attributes, options)[0]!;
  }

  /** Adds an operator with several outputs and returns their names. */
  ops(
    type: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: OpOptions = {},
  ): readonly string[] {
    const outputs = Array.from({ length: options.outputs ?? 1 }, () => `t${++this.count}`);
    const name = `${this.scope}/${type}_${this.count}`;
    this.nodes.push({ type, domain: options.domain ?? '', name, inputs, outputs, attributes });
    return outputs;
  }

  /** True for values that are baked into the graph. */
  isConstant(value: Value): boolean {
    return this.baked.has(value);
  }

  /** The tensor that `make` makes, once for each key: subexpressions that several kernels need. */
  shared(key: string, make: () => string): string {
    let name = this.made.get(key);
    if (name === undefined) this.made.set(key, (name = make()));
    return name;
  }

  /** A constant tensor; equal constants are shared. */
  tensor(type: ElementType, data: HostArray | BigInt64Array, dims: readonly number[]): string {
    const bytes = bytesOf(data);
    const key = bytes.length <= 256 ? `${type}[${dims.join(',')}]${bytes.join(',')}` : '';
    const known = key === '' ? undefined : this.constants.get(key);
    if (known !== undefined) return known;
    const name = `c${++this.count}`;
    this.initializers.push({ name, type, dims, data: bytes });
    if (key !== '') this.constants.set(key, name);
    return name;
  }

  /** A constant 1-d tensor of int64: axes, shapes, pads. */
  int64(values: readonly number[]): string {
    return this.tensor(
      'int64',
      BigInt64Array.from(values, (v) => BigInt(v)),
      [values.length],
    );
  }

  /** A constant scalar. */
  scalar(value: number, dtype: DType = 'float32'): string {
    const data =
      dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value);
    return this.tensor(dtype, data, []);
  }

  reshape(name: string, shape: readonly number[]): string {
    return this.op('Reshape', [name, this.int64(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  cast(name: string, to: ElementType): string {
    return this.op('Cast', [name], { to: ELEMENT_TYPE[to] });
  }

  // ---- the finished model ----

  /** Makes `value` an output. It keeps the layout it has, unless `permutation` says otherwise. */
  output(value: Value, permutation: Permutation | 'any' = 'any'): GraphOutput {
    const layout = permutation === 'any' ? this.preferredLayout(value) : permutation;
    return { value, name: this.ref(value, layout), permutation: layout };
  }

  /**
   * The model with the given outputs. ONNX wants each output to be the result of a node of its own name, so every
   * output gets an `Identity` where it is an input, a constant or used twice.
   */
  model(outputs: readonly GraphOutput[], options: ModelOptions = {}): { model: ModelProto; outputNames: string[] } {
    const made = new Set(this.nodes.flatMap((node) => node.outputs));
    const taken = new Set<string>();
    const infos: ValueInfoProto[] = [];
    const outputNames = outputs.map((output, i) => {
      let name = output.name;
      const wanted = options.names?.[i];
      if (wanted !== undefined || !made.has(name) || taken.has(name)) {
        const copy = wanted ?? `out${i}`;
        this.nodes.push({
          type: 'Identity',
          domain: '',
          name: `output/${copy}`,
          inputs: [name],
          outputs: [copy],
          attributes: {},
        });
        name = copy;
      }
      taken.add(name);
      infos.push({ name, type: output.value.dtype, dims: permute(output.value.shape, output.permutation) });
      return name;
    });
    const needed = reachable(this.nodes, outputNames);
    const opsets: Record<string, number> = { '': OPSET };
    for (const { domain } of needed.nodes) if (domain !== '') opsets[domain] = 1;
    return {
      outputNames,
      model: {
        graphName: options.graphName ?? 'attune',
        nodes: needed.nodes,
        initializers: this.initializers.filter(({ name }) => needed.names.has(name)),
        inputs: this.graphInputs,
        outputs: infos,
        opsets,
        irVersion: IR_VERSION,
        producer: { name: 'attune', version: '0.1.0' },
        ...(options.shapes === true ? { valueInfo: this.innerShapes(needed.names, taken) } : {}),
        ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
      },
    };
  }

  /** Shapes of the tensors that hold recorded values. */
  private innerShapes(names: ReadonlySet<string>, outputs: ReadonlySet<string>): ValueInfoProto[] {
    const outer = new Set([
      ...outputs,
      ...this.graphInputs.map(({ name }) => name),
      ...this.initializers.map(({ name }) => name),
    ]);
    const infos = new Map<string, ValueInfoProto>();
    for (const [value, { names: layouts }] of this.layouts) {
      for (const { name, permutation } of layouts.values()) {
        if (!names.has(name) || outer.has(name)) continue;
        infos.set(name, { name, type: value.dtype, dims: permute(value.shape, permutation) });
      }
    }
    return [...infos.values()];
  }
}

function bytesOf(data: HostArray | BigInt64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The layout after dropping or keeping reduced axes, and the physical axes to reduce. */
export function reduceLayout(
  layout: Permutation,
  axes: readonly number[],
  keepDims: boolean,
): { axes: number[]; layout: Permutation } {
  if (layout === null) return { axes: [...axes], layout: null };
  const position = invert(layout);
  const physicalAxes = axes.map((axis) => position[axis]!).sort((a, b) => a - b);
  if (keepDims) return { axes: physicalAxes, layout };
  const kept = layout.filter((axis) => !axes.includes(axis));
  const order = [...kept].sort((a, b) => a - b);
  return { axes: physicalAxes, layout: normalise(kept.map((axis) => order.indexOf(axis))) };
}

/** The operators that the outputs depend on; ONNX Runtime would run the others too. */
function reachable(
  nodes: readonly NodeProto[],
  outputs: readonly string[],
): { nodes: NodeProto[]; names: Set<string> } {
  const names = new Set(outputs);
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => names.has(output))) continue;
    for (const input of node.inputs) names.add(input);
    kept.push(node);
  }
  return { nodes: kept.toReversed(), names };
}
