/**
 * Dimensions of a model that are left open. They are found by tracing twice, each open dimension with another size in each
 * trace, and comparing: whatever integer differs depends on open dimensions. It must be a product c b^i s^j of them, and as
 * the sizes are different primes the two values of it say which one: b1^i s1^j : b2^i s2^j is another ratio for every i, j.
 *
 * In shapes of reshapes a single such place becomes -1; elsewhere the integers are computed from the shapes of the inputs.
 * Anything else that differs could not follow another size, and is refused.
 */
import type { ModelProto, NodeProto, TensorProto, ValueInfoProto } from './writer.ts';

/** An open dimension, the sizes that it is traced with, and where the model finds it when it runs. */
export interface Opening {
  readonly name: string;
  readonly sizes: readonly [number, number];
  readonly input: string;
  readonly axis: number;
}

interface ShapedInput {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/**
 * In pairs. Sizes that networks hardly have themselves, below the 32 at which `predict` of tfjs-layers begins to cut batches
 * into parts, and than which few networks for texts take less.
 */
const PRIMES = [29, 31, 13, 17, 19, 23, 7, 11] as const;

/** The named dimensions of the inputs. */
export function openingsOf(inputs: readonly ShapedInput[]): Opening[] {
  const openings: Opening[] = [];
  for (const { name: input, shape } of inputs)
    for (const [axis, name] of shape.entries()) {
      if (typeof name === 'number' || openings.some((opening) => opening.name === name)) continue;
      const next = 2 * openings.length;
      if (next >= PRIMES.length) throw new Error(`at most ${PRIMES.length / 2} dimensions can be left open`);
      openings.push({ name, sizes: [PRIMES[next]!, PRIMES[next + 1]!], input, axis });
    }
  return openings;
}

/** Joins the models of two traces. @throws when something depends on an open dimension that cannot follow it. */
export function openDimensions(first: ModelProto, second: ModelProto, openings: readonly Opening[]): ModelProto {
  const all = openings.map(({ name }) => name).join(' or ');
  if (first.nodes.length !== second.nodes.length)
    throw new Error(`the graph depends on the size of ${all}: export with fixed dimensions`);
  for (const [i, node] of first.nodes.entries())
    if (JSON.stringify(node) !== JSON.stringify(second.nodes[i])) throw fixed(node.name, all);
  const graph = new SizeGraph(openings);
  const others = new Map(second.initializers.map((tensor) => [tensor.name, tensor]));
  const initializers = first.initializers.flatMap((tensor) => {
    const other = others.get(tensor.name);
    if (other !== undefined && equalBytes(tensor.data, other.data)) return [tensor];
    const users = first.nodes.filter((node) => node.inputs.includes(tensor.name));
    const products = other && productsOf(tensor, other, openings);
    if (products === undefined) throw fixed(users[0]?.name ?? tensor.name, all);
    const varying = products.filter(isVarying);
    const inReshapes = users.every((node) => node.type === 'Reshape' && node.inputs[1] === tensor.name);
    if (inReshapes && varying.length === 1)
      return [
        withValues(
          tensor,
          products.map((p) => (isVarying(p) ? -1n : p.factor)),
        ),
      ];
    graph.compute(tensor.name, products);
    return [];
  });
  const dims = (infos: readonly ValueInfoProto[], like: readonly ValueInfoProto[]) => {
    const byName = new Map(like.map((info) => [info.name, info]));
    return infos.map((info) => ({
      ...info,
      dims: info.dims.map((d, i) => dimension(d, byName.get(info.name)?.dims[i], openings, `${info.name}_${i}`)),
    }));
  };
  return {
    ...first,
    nodes: [...graph.nodes, ...first.nodes],
    initializers: [...initializers, ...graph.initializers],
    inputs: dims(first.inputs, second.inputs),
    outputs: dims(first.outputs, second.outputs),
    valueInfo: dims(first.valueInfo ?? [], second.valueInfo ?? []),
  };
}

const fixed = (where: string, all: string): Error =>
  new Error(`${where} fixes the size of ${all}: export with fixed dimensions (numbers in the shapes)`);

/** factor times each open dimension to its power. */
interface Product {
  readonly factor: bigint;
  readonly powers: readonly number[];
}

const isVarying = ({ powers }: Product): boolean => powers.some((power) => power > 0);

/** What a number is in terms of the open dimensions, from its values in the two traces. */
function productOf(a: bigint, b: bigint, openings: readonly Opening[]): Product | undefined {
  for (const powers of powersOf(openings.length)) {
    const size = (turn: 0 | 1) =>
      openings.reduce((product, { sizes }, i) => product * BigInt(sizes[turn]) ** BigInt(powers[i]!), 1n);
    if (a * size(1) === b * size(0) && a % size(0) === 0n) return { factor: a / size(0), powers };
  }
  return undefined;
}

/** All lists of so many powers from 0 to 2, that of zeros first. */
function powersOf(count: number): number[][] {
  return Array.from({ length: 3 ** count }, (_, n) =>
    Array.from({ length: count }, (_, i) => Math.floor(n / 3 ** i) % 3),
  );
}

function productsOf(a: TensorProto, b: TensorProto, openings: readonly Opening[]): Product[] | undefined {
  if (a.type !== 'int64' || b.type !== 'int64' || a.dims.length !== 1 || a.dims[0] !== b.dims[0]) return undefined;
  const [left, right] = [integers(a), integers(b)];
  const products = left.map((value, i) => productOf(value, right[i]!, openings));
  return products.every((product) => product !== undefined) ? products : undefined;
}

function dimension(
  a: number | string,
  b: number | string | undefined,
  openings: readonly Opening[],
  otherwise: string,
): number | string {
  if (a === b || typeof a === 'string' || typeof b !== 'number') return a;
  const product = productOf(BigInt(a), BigInt(b), openings);
  const plain = product?.factor === 1n && product.powers.reduce((sum, power) => sum + power, 0) === 1;
  return plain ? openings[product.powers.indexOf(1)]!.name : otherwise;
}

/** The operators that compute integers from the shapes of the inputs. */
class SizeGraph {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly made = new Set<string>();

  constructor(private readonly openings: readonly Opening[]) {}

  /** Defines the tensor `name`, the list of these numbers. */
  compute(name: string, products: readonly Product[]): void {
    this.node(
      'Concat',
      products.map((product) => this.product(product)),
      name,
      { axis: 0 },
    );
  }

  private product({ factor, powers }: Product): string {
    const factors = powers.flatMap((power, i) => new Array<string>(power).fill(this.size(this.openings[i]!)));
    if (factor !== 1n || factors.length === 0) factors.push(this.constant(factor));
    return factors.reduce((left, right) => {
      const name = `${left}*${right}`;
      return this.once(name, () => this.node('Mul', [left, right], name));
    });
  }

  private size({ name, input, axis }: Opening): string {
    return this.once(`size/${name}`, () => this.node('Shape', [input], `size/${name}`, { start: axis, end: axis + 1 }));
  }

  private constant(value: bigint): string {
    return this.once(`size/${value}`, () => {
      const data = new Uint8Array(BigInt64Array.of(value).buffer);
      this.initializers.push({ name: `size/${value}`, type: 'int64', dims: [1], data });
    });
  }

  private once(name: string, make: () => void): string {
    if (!this.made.has(name)) make();
    this.made.add(name);
    return name;
  }

  private node(
    type: string,
    inputs: readonly string[],
    output: string,
    attributes: NodeProto['attributes'] = {},
  ): void {
    this.nodes.push({ type, domain: '', name: `open/${output}`, inputs, outputs: [output], attributes });
  }
}

function withValues(tensor: TensorProto, values: readonly bigint[]): TensorProto {
  return { ...tensor, data: new Uint8Array(BigInt64Array.from(values).buffer) };
}

function integers({ data }: TensorProto): bigint[] {
  const { buffer, byteOffset, byteLength } = data;
  return [...new BigInt64Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)];
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
