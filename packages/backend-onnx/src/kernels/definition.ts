/** What the backend knows of one tfjs kernel: its outputs' shapes, and how it is written in ONNX. */
import type { GraphNode, TensorSpec, Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';

// biome-ignore lint/suspicious/noExplicitAny: each kernel knows the type of its own attributes; the registry cannot.
export type Attrs = Readonly<Record<string, any>>;

export interface KernelDefinition {
  /** The tfjs kernel's name, such as `Conv2D`. */
  readonly name: string;
  /** Shapes and dtypes of the outputs; throws when the inputs do not fit together. */
  readonly outputs: (inputs: readonly TensorSpec[], attrs: Attrs, names: readonly string[]) => readonly TensorSpec[];
  /** Writes the node into the ONNX graph: reads inputs by `graph.ref`, and defines every output by `graph.define`. */
  readonly lower: (graph: Lowering, node: GraphNode) => void;
  /** False where this call has no ONNX form (a dtype, an attribute); it then runs on tfjs's cpu kernel. Default: true. */
  readonly supports?: (inputs: readonly TensorSpec[], attrs: Attrs, names: readonly string[]) => boolean;
  /** Throws for wrong values, such as an index out of range, where the inputs' data is known already. */
  readonly check?: (inputs: readonly Value[], attrs: Attrs) => void;
  /** True where tfjs's cpu kernel takes other inputs or gives wrong results: small graphs too are then compiled. */
  readonly internal?: boolean;
  /** Why some calls fall back; shown in SUPPORT.md beside a kernel that has `supports`. */
  readonly limits?: string;
}

const definitions = new Map<string, KernelDefinition>();

/** Adds kernels to the table that the backend registers. */
export function define(...kernels: readonly KernelDefinition[]): void {
  for (const kernel of kernels) {
    if (definitions.has(kernel.name)) throw new Error(`internal: kernel ${kernel.name} is defined twice`);
    definitions.set(kernel.name, kernel);
  }
}

export function nativeKernels(): ReadonlyMap<string, KernelDefinition> {
  return definitions;
}

/** The input of that name, or undefined where the call has none. */
export function inputNamed(node: GraphNode, name: string): Value | undefined {
  const index = node.names.indexOf(name);
  return index < 0 ? undefined : node.inputs[index];
}
