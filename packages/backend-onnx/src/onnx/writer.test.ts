import { Tensor } from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { nodeRuntime } from '../runtime/node.ts';
import { type ModelProto, writeModel } from './writer.ts';

const bytes = (data: Float32Array | BigInt64Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

const model = (parts: Partial<ModelProto>): ModelProto => ({
  graphName: 'test',
  nodes: [],
  initializers: [],
  inputs: [],
  outputs: [],
  opsets: { '': 18 },
  irVersion: 9,
  producer: { name: 'attune', version: '0' },
  ...parts,
});

/** Field numbers and payloads of a protobuf message, one level deep. */
function fields(message: Uint8Array): { field: number; value: number | Uint8Array }[] {
  const found: { field: number; value: number | Uint8Array }[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) found.push({ field, value: varint() });
    else if (wire === 2) {
      const length = varint();
      found.push({ field, value: message.subarray(at, at + length) });
      at += length;
    } else throw new Error(`wire type ${wire}`);
  }
  return found;
}

const text = (value: number | Uint8Array) => new TextDecoder().decode(value as Uint8Array);

describe('writeModel', () => {
  it('writes version, producer, opsets and metadata under the field numbers of onnx.proto', () => {
    const written = fields(
      writeModel(model({ opsets: { '': 18, 'com.microsoft': 1 }, metadata: { author: 'Jürgen' } })),
    );
    const of = (field: number) => written.filter((item) => item.field === field).map((item) => item.value);
    expect(of(1)).toEqual([9]);
    expect(of(2).map(text)).toEqual(['attune']);
    expect(of(7)).toHaveLength(1);
    const opsets = of(8).map((value) => fields(value as Uint8Array));
    expect(opsets.map((set) => [text(set[0]!.value), set[1]!.value])).toEqual([
      ['', 18],
      ['com.microsoft', 1],
    ]);
    expect(fields(of(14)[0] as Uint8Array).map((item) => text(item.value))).toEqual(['author', 'Jürgen']);
  });

  it('writes what ONNX Runtime loads and runs: attributes, a weight, a symbolic dimension', () => {
    const weight = Float32Array.of(1, 2, 3, 4);
    const written = writeModel(
      model({
        inputs: [{ name: 'x', type: 'float32', dims: ['batch', 2] }],
        outputs: [{ name: 'y', type: 'float32', dims: ['batch', 2] }],
        initializers: [{ name: 'w', type: 'float32', dims: [2, 2], data: bytes(weight) }],
        nodes: [
          // An integer and a float.
          {
            type: 'Gemm',
            domain: '',
            name: 'gemm',
            inputs: ['x', 'w'],
            outputs: ['a'],
            attributes: { transB: 1, alpha: { float: 0.5 } },
          },
          // A list of integers.
          { type: 'Transpose', domain: '', name: 'there', inputs: ['a'], outputs: ['b'], attributes: { perm: [1, 0] } },
          { type: 'Transpose', domain: '', name: 'back', inputs: ['b'], outputs: ['c'], attributes: { perm: [1, 0] } },
          // Another domain, and a negative number.
          { type: 'Gelu', domain: 'com.microsoft', name: 'gelu', inputs: ['c'], outputs: ['d'], attributes: {} },
          { type: 'Softmax', domain: '', name: 'softmax', inputs: ['d'], outputs: ['y'], attributes: { axis: -1 } },
        ],
        opsets: { '': 18, 'com.microsoft': 1 },
      }),
    );
    const session = nodeRuntime('cpu', 1).createSync(written, { profile: 'tiny' });
    const out = new Float32Array(6);
    session.runSync(
      { x: new Tensor('float32', Float32Array.of(1, 0, 0, 1, 1, 1), [3, 2]) },
      { y: new Tensor('float32', out, [3, 2]) },
    );
    session.release();
    // Rows of x · wᵀ / 2 are (0.5, 1.5), (1, 2), (1.5, 3.5).
    const gelu = (v: number) => 0.5 * v * (1 + erf(v / Math.SQRT2));
    const expected = [
      [0.5, 1.5],
      [1, 2],
      [1.5, 3.5],
    ].flatMap((row) => {
      const powers = row.map((v) => Math.exp(gelu(v)));
      return powers.map((power) => power / (powers[0]! + powers[1]!));
    });
    for (const [i, want] of expected.entries()) expect(out[i]).toBeCloseTo(want, 5);
  });

  it('writes more than fits its first guess', () => {
    const count = 5_000;
    const chain = Array.from({ length: count }, (_, i) => ({
      type: 'Neg',
      domain: '',
      name: `a name that is longer than the guess of a node's size, so that the buffer has to grow, number ${i}`,
      inputs: [i === 0 ? 'x' : `t${i}`],
      outputs: [i === count - 1 ? 'y' : `t${i + 1}`],
      attributes: {},
    }));
    const graph = fields(writeModel(model({ nodes: chain }))).find((item) => item.field === 7)!;
    const nodes = fields(graph.value as Uint8Array).filter((item) => item.field === 1);
    expect(nodes).toHaveLength(count);
    expect(text(fields(nodes.at(-1)!.value as Uint8Array)[0]!.value)).toBe(`t${count - 1}`);
  });
});

/** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return 1 - series * Math.exp(-x * x);
}
