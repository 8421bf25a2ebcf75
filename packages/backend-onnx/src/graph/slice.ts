/** Cuts the part of the recorded graph that given values need, and names it by its structure. */
import type { GraphSlice } from '../runtime/program.ts';
import { layoutKey } from './permutation.ts';
import type { GraphNode, Value } from './value.ts';

/** Everything that `outputs` (all pending) still need, in topological order; leaves in order of first use. */
export function sliceOf(outputs: readonly Value[]): GraphSlice {
  const nodes = new Set<GraphNode>();
  const stack = outputs.map((value) => value.node!);
  while (stack.length > 0) {
    const node = stack.pop()!;
    if (nodes.has(node)) continue;
    nodes.add(node);
    for (const input of node.inputs) if (input.node !== null) stack.push(input.node);
  }
  const ordered = [...nodes].sort((a, b) => a.id - b.id);
  const leaves = new Set<Value>();
  for (const node of ordered) for (const input of node.inputs) if (input.node === null) leaves.add(input);
  return { nodes: ordered, leaves: [...leaves], outputs };
}

/**
 * A text that two slices share exactly when one compiled program serves both: operators, attributes, wiring, and the
 * shapes, dtypes and layouts of the leaves. Shapes further on follow from these.
 */
export function structuralKey(slice: GraphSlice): string {
  const index = new Map<Value, number>();
  const parts: string[] = [];
  for (const leaf of slice.leaves) {
    parts.push(`${leaf.dtype}[${leaf.shape}]${layoutKey(leaf.permutation)}`);
    index.set(leaf, index.size);
  }
  for (const node of slice.nodes) {
    let part = `${node.signature}(`;
    for (const input of node.inputs) part += `${index.get(input)!},`;
    parts.push(part);
    for (const output of node.outputs) index.set(output, index.size);
  }
  parts.push(slice.outputs.map((output) => index.get(output)).join(','));
  return parts.join(';');
}
