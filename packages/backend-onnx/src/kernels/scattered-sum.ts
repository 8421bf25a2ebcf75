/**
 * What is done with the gradient of a table of which a batch reads a few rows: an embedding's. As a dense tensor it is nearly all
 * zeros, and clipping, moments and all else pass over each of them. These forms touch the rows that were read, and give the same:
 *
 *   a + k g           the rows are scattered into a
 *   a + (k g)^2       the rows of a that were read are replaced
 *   sum of g^2        over the rows that were read: each times its sum, as sum_v g_v^2 = sum_m row_m g_v(m)
 *
 * g being the rows' sums by the number of the table's row that they belong to, and k a number. Only where the rows are few.
 */
import { type GraphNode, sizeOf, type Value } from '../graph/value.ts';
import type { Lowering } from '../onnx/lowering.ts';

interface ScatteredSum {
  /** Output of the kernel that sums: [V, ...]. */
  readonly sums: Value;
  /** The number k. */
  readonly scale: Value | undefined;
}

/** Rows must be fewer than this share of the table's for the forms to pay. */
const FEW = 0.5;

/** Lowers an `Add` in one of the first two forms where it fits. */
export function addScattered(graph: Lowering, node: GraphNode): boolean {
  const [a, b] = node.inputs as [Value, Value];
  for (const [other, added] of [
    [a, b],
    [b, a],
  ] as const) {
    if (other.shape.join() !== added.shape.join() || other.dtype !== 'float32') continue;
    const squared = added.node?.kernel.name === 'Square';
    const found = scatteredSum(squared ? added.node!.inputs[0]! : added);
    if (found === undefined) continue;
    const { ids } = safeRows(graph, found.sums);
    const into = graph.ref(other);
    graph.define(
      node.outputs[0]!,
      squared
        ? graph.op('ScatterND', [into, ids, withSquares(graph, into, found)])
        : graph.op('ScatterND', [into, ids, scaled(graph, safeRows(graph, found.sums).rows, found)], {
            reduction: 'add',
          }),
    );
    return true;
  }
  return false;
}

/** Lowers a `Sum` to one number in the third form where it fits. */
export function sumScatteredSquares(graph: Lowering, node: GraphNode): boolean {
  const [x] = node.inputs as [Value];
  const out = node.outputs[0]!;
  if (x.node?.kernel.name !== 'Square' || sizeOf(out.shape) !== 1) return false;
  const found = scatteredSum(x.node.inputs[0]!);
  if (found === undefined || found.scale !== undefined) return false;
  const { rows } = safeRows(graph, found.sums);
  const products = graph.op('Mul', [rows, sumsOfRows(graph, found.sums)]);
  const sum = graph.op('ReduceSum', [products], { keepdims: 0 });
  graph.define(out, out.shape.length === 0 ? sum : graph.reshape(sum, out.shape));
  return true;
}

/** Of the kernel `UnsortedSegmentSum`: numbers of the table's rows as indices, and 0 for rows whose number is none. */
export function safeRows(graph: Lowering, sums: Value): { readonly ids: string; readonly rows: string } {
  const [x, ids] = sums.node!.inputs as [Value, Value];
  const segments = sums.shape[0]!;
  const id = graph.ref(ids);
  const inside = graph.shared(`inside ${id} ${segments}`, () =>
    graph.op('And', [
      graph.op('GreaterOrEqual', [id, graph.scalar(0, 'int32')]),
      graph.op('Less', [id, graph.scalar(segments, 'int32')]),
    ]),
  );
  const row = graph.ref(x);
  return {
    ids: graph.shared(`ids ${id} ${segments}`, () => {
      const safe = graph.op('Where', [inside, id, graph.scalar(0, 'int32')]);
      return graph.cast(graph.reshape(safe, [...ids.shape, 1]), 'int64');
    }),
    rows: graph.shared(`rows ${id} ${segments} ${row}`, () => {
      const rest = new Array<number>(x.shape.length - ids.shape.length).fill(1);
      const mask = graph.reshape(inside, [...ids.shape, ...rest]);
      return graph.op('Where', [mask, row, graph.scalar(0, x.dtype)]);
    }),
  };
}

/** The rows' sums, through whatever scales them by a number or, as tfjs's gradient of `gather`, transposes nothing. */
function scatteredSum(value: Value): ScatteredSum | undefined {
  const { node } = value;
  switch (node?.kernel.name) {
    case 'UnsortedSegmentSum': {
      const rows = sizeOf(node.inputs[1]!.shape);
      return value.dtype === 'float32' && rows > 0 && rows < FEW * value.shape[0]!
        ? { sums: value, scale: undefined }
        : undefined;
    }
    case 'Transpose':
      return (node.attrs.perm as number[]).every((axis, i) => axis === i) ? scatteredSum(node.inputs[0]!) : undefined;
    case 'Multiply': {
      const [a, b] = node.inputs as [Value, Value];
      const [of, scale] = sizeOf(b.shape) === 1 ? [a, b] : [b, a];
      if (sizeOf(scale.shape) !== 1 || scale.dtype !== 'float32') return undefined;
      const found = scatteredSum(of);
      return found?.scale === undefined && found !== undefined ? { ...found, scale } : undefined;
    }
    default:
      return undefined;
  }
}

function scaled(graph: Lowering, rows: string, { scale }: ScatteredSum): string {
  return scale === undefined ? rows : graph.op('Mul', [rows, graph.reshape(graph.ref(scale), [])]);
}

/** The sum at each row's place: rows of one number have the same. */
function sumsOfRows(graph: Lowering, sums: Value): string {
  const { ids } = safeRows(graph, sums);
  const table = graph.ref(sums);
  return graph.shared(`sums ${table} ${ids}`, () => graph.op('GatherND', [table, ids]));
}

/** The rows of `into` as they are with the squares added: rows of one number are written alike, whichever comes last. */
function withSquares(graph: Lowering, into: string, found: ScatteredSum): string {
  const { ids } = safeRows(graph, found.sums);
  const sums = scaled(graph, sumsOfRows(graph, found.sums), found);
  return graph.op('Add', [graph.op('GatherND', [into, ids]), graph.op('Mul', [sums, sums])]);
}
