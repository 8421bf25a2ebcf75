/** Sums of products by an equation. tfjs and ONNX write them alike. */
import { backend_util } from '@tensorflow/tfjs-core';
import type { TensorSpec } from '../graph/value.ts';
import { define } from './definition.ts';

define({
  name: 'Einsum',
  supports: (inputs) => inputs.every(({ dtype }) => dtype === inputs[0]!.dtype && dtype !== 'bool'),
  limits: 'no bool',
  outputs: (inputs, attrs) => {
    const { allDims, idDims, summedDims } = backend_util.decodeEinsumEquation(attrs.equation, inputs.length);
    type Tensors = Parameters<typeof backend_util.checkEinsumDimSizes>[2];
    backend_util.checkEinsumDimSizes(allDims.length, idDims, inputs as unknown as Tensors);
    const sizes = new Map<number, number>();
    for (const [i, dims] of idDims.entries()) {
      for (const [axis, dim] of dims.entries()) sizes.set(dim, inputs[i]!.shape[axis]!);
    }
    // Dimensions that stay come first, in the order in which the equation's right side names them.
    const kept = Array.from({ length: allDims.length }, (_, dim) => dim).filter((dim) => !summedDims.includes(dim));
    return [{ shape: kept.map((dim) => sizes.get(dim)!), dtype: inputs[0]!.dtype }] satisfies TensorSpec[];
  },
  lower(graph, node) {
    const equation = (node.attrs.equation as string).replaceAll(/\s/g, '');
    graph.define(
      node.outputs[0]!,
      graph.op(
        'Einsum',
        node.inputs.map((input) => graph.ref(input)),
        { equation },
      ),
    );
  },
});
