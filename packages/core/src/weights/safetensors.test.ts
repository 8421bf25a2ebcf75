import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserError } from '../errors.ts';
import { MAX_HEADER_BYTES, readSafetensors, type TensorToWrite, writeSafetensors } from './safetensors.ts';

/** A file with this header text and these data bytes, whether or not they make sense. */
function rawFile(header: string | Uint8Array, data: ArrayLike<number> = [], claimed?: number): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed ?? json.length), true);
  bytes.set(json, 8);
  bytes.set(Array.from(data), 8 + json.length);
  return bytes;
}

const entry = (dtype: string, shape: unknown, offsets: unknown) =>
  JSON.stringify({ dtype, shape, data_offsets: offsets });
const oneTensor = (dtype: string, shape: number[], data: number[]) =>
  readSafetensors(rawFile(`{"t":${entry(dtype, shape, [0, data.length])}}`, data)).tensors.get('t')!;

describe('writing and reading back', () => {
  it('keeps names, shapes, values and metadata', () => {
    const bytes = writeSafetensors(
      [
        ['flags', { shape: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' }],
        ['a.weight', { shape: [2, 2], data: Float32Array.of(1, -2, 3.5, Number.NaN) }],
        ['__proto__', { shape: [], data: Int32Array.of(-7) }],
        ['empty', { shape: [0, 4], data: new Float32Array(0) }],
      ],
      { from: 'a test' },
    );
    const file = readSafetensors(bytes);
    expect(file.metadata).toEqual({ from: 'a test' });
    expect([...file.tensors.keys()].sort()).toEqual(['__proto__', 'a.weight', 'empty', 'flags']);
    expect(file.tensors.get('a.weight')).toEqual({
      dtype: 'F32',
      shape: [2, 2],
      data: Float32Array.of(1, -2, 3.5, Number.NaN),
    });
    expect(file.tensors.get('__proto__')).toEqual({ dtype: 'I32', shape: [], data: Int32Array.of(-7) });
    expect(file.tensors.get('flags')).toEqual({ dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) });
    expect(file.tensors.get('empty')!.data.length).toBe(0);
  });

  it('reads any tensors as they were written, from any byte offset', () => {
    const values = fc.oneof(
      fc.float32Array({ maxLength: 9 }),
      fc.int32Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
    );
    const tensors = fc.dictionary(fc.string(), values, { maxKeys: 6 });
    fc.assert(
      fc.property(tensors, fc.nat(7), (tensors, shift) => {
        const entries = Object.entries(tensors)
          .filter(([name]) => name !== '__metadata__')
          .map(([name, data]): [string, TensorToWrite] => [name, { shape: [data.length], data }]);
        const written = writeSafetensors(entries);
        const shifted = new Uint8Array(written.length + shift).subarray(shift);
        shifted.set(written);
        const read = readSafetensors(shifted).tensors;
        expect(read.size).toBe(entries.length);
        for (const [name, { data }] of entries) expect(read.get(name)!.data).toEqual(data);
      }),
    );
  });

  it('reads an aligned file without a copy', () => {
    const bytes = writeSafetensors([
      ['x', { shape: [3], data: Uint8Array.of(1, 2, 3) }],
      ['y', { shape: [1], data: Float32Array.of(4) }],
    ]);
    expect(readSafetensors(bytes).tensors.get('y')!.data.buffer).toBe(bytes.buffer);
  });

  it('refuses to write what could not be read', () => {
    const x: TensorToWrite = { shape: [2], data: Float32Array.of(1) };
    expect(() => writeSafetensors([['x', x]])).toThrow('holds 1 values');
    const y: TensorToWrite = { shape: [1], data: Float32Array.of(1) };
    expect(() =>
      writeSafetensors([
        ['y', y],
        ['y', y],
      ]),
    ).toThrow('two tensors');
    expect(() => writeSafetensors([['__metadata__', y]])).toThrow('reserved');
  });
});

describe('number formats', () => {
  it('F16', () => {
    // 1, -2, 65504 (largest), 2^-24 (smallest subnormal), infinity
    const { data } = oneTensor('F16', [5], [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00, 0x00, 0x7c]);
    expect(data).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY));
    expect(oneTensor('F16', [1], [0x01, 0x7e]).data[0]).toBeNaN();
    expect(oneTensor('F16', [1], [0x00, 0x80]).data[0]).toBe(-0);
  });
  it('BF16', () =>
    expect(oneTensor('BF16', [2], [0x80, 0x3f, 0x49, 0xc0]).data).toEqual(Float32Array.of(1, -3.140625)));
  it('F64', () =>
    expect(oneTensor('F64', [1], [...new Uint8Array(Float64Array.of(0.1).buffer)]).data).toEqual(Float32Array.of(0.1)));
  it('I64', () => {
    expect(oneTensor('I64', [1], [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).data).toEqual(Int32Array.of(-2));
    expect(() => oneTensor('I64', [1], [0, 0, 0, 0x80, 0, 0, 0, 0])).toThrow('does not fit 32 bits');
  });
  it('small integers', () => {
    expect(oneTensor('I8', [2], [0xff, 0x7f]).data).toEqual(Int32Array.of(-1, 127));
    expect(oneTensor('I16', [1], [0xfe, 0xff]).data).toEqual(Int32Array.of(-2));
    expect(oneTensor('U16', [1], [0xfe, 0xff]).data).toEqual(Int32Array.of(0xfffe));
  });
  it('BOOL holds 0 and 1 only', () => expect(() => oneTensor('BOOL', [2], [1, 2])).toThrow('only 0 and 1'));
});

describe('hostile files', () => {
  const cases: [string, Uint8Array, string][] = [
    ['no bytes', new Uint8Array(0), 'too few'],
    ['a header that claims more than there is', rawFile('{}', [], 3), 'claims 3 bytes'],
    ['a header that claims 2^63 bytes', rawFile('{}', [], 2 ** 63), 'the limit is'],
    ['a header one over the limit', rawFile('{}', [], MAX_HEADER_BYTES + 1), 'the limit is'],
    ['an empty header', rawFile(''), 'does not begin with {'],
    ['an array for a header', rawFile('[]'), 'does not begin with {'],
    ['a broken header', rawFile('{"a":'), 'not JSON'],
    ['bytes that are no UTF-8', rawFile(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), 'not JSON'],
    ['a nest too deep for a parser', rawFile(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`), 'not '],
    [
      'a name twice',
      rawFile(`{"t":${entry('U8', [1], [0, 1])},"\\u0074":${entry('U8', [1], [1, 2])}}`, [1, 2]),
      "'t' twice",
    ],
    [
      'a field twice',
      rawFile('{"t":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', [1]),
      "'dtype' twice",
    ],
    ['an unknown dtype', rawFile(`{"t":${entry('F8', [1], [0, 1])}}`, [1]), 'dtype "F8"'],
    ['a dtype that every object has', rawFile(`{"t":${entry('toString', [1], [0, 1])}}`, [1]), 'dtype "toString"'],
    [
      'an unknown field',
      rawFile('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}', [1]),
      "unknown field 'x'",
    ],
    ['a negative size', rawFile(`{"t":${entry('U8', [-1], [0, 1])}}`, [1]), 'not a list of sizes'],
    ['a fractional size', rawFile(`{"t":${entry('U8', [0.5], [0, 1])}}`, [1]), 'not a list of sizes'],
    ['a size as text', rawFile(`{"t":${entry('U8', ['1'], [0, 1])}}`, [1]), 'not a list of sizes'],
    ['a product that overflows', rawFile(`{"t":${entry('U8', [2 ** 40, 2 ** 40], [0, 1])}}`, [1]), 'too large'],
    [
      'a shape that the data does not fill',
      rawFile(`{"t":${entry('F32', [2], [0, 4])}}`, [1, 2, 3, 4]),
      'needs 8 bytes',
    ],
    ['an end before its beginning', rawFile(`{"t":${entry('U8', [1], [1, 0])}}`, [1]), 'ascending'],
    ['three offsets', rawFile(`{"t":${entry('U8', [1], [0, 1, 2])}}`, [1]), 'ascending'],
    ['an end outside of the file', rawFile(`{"t":${entry('U8', [2], [0, 2])}}`, [1]), 'ends at byte 2 of 1'],
    ['an overlap', rawFile(`{"a":${entry('U8', [2], [0, 2])},"b":${entry('U8', [2], [1, 3])}}`, [1, 2, 3]), 'overlaps'],
    ['a gap', rawFile(`{"a":${entry('U8', [1], [1, 2])}}`, [1, 2]), 'unused bytes'],
    ['bytes after the end', rawFile(`{"a":${entry('U8', [1], [0, 1])}}`, [1, 2]), 'follow the last tensor'],
    ['metadata that is no text', rawFile('{"__metadata__":{"a":1}}'), 'not a string'],
    ['metadata that is a list', rawFile('{"__metadata__":[]}'), 'not an object'],
    ['a tensor that is null', rawFile('{"t":null}'), 'not described'],
  ];
  it.each(cases)('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(message);
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(/^x\.safetensors: /);
  });

  it('any mutation of a good file is read, or refused with a UserError', () => {
    const good = writeSafetensors(
      [
        ['conv.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ['conv.bias', { shape: [2], data: Int32Array.of(1, 2) }],
        ['mask', { shape: [3], data: Uint8Array.of(1, 0, 1), dtype: 'BOOL' }],
      ],
      { note: 'é' },
    );
    const edit = fc.record({ at: fc.nat(good.length - 1), drop: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) });
    let refused = 0;
    let read = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let bytes: number[] = [...good];
        for (const { at, drop, put } of edits) bytes = [...bytes.slice(0, at), ...put, ...bytes.slice(at + drop)];
        try {
          const file = readSafetensors(Uint8Array.from(bytes));
          for (const { shape, data } of file.tensors.values())
            expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
          read++;
        } catch (error) {
          if (!isUserError(error)) throw error;
          refused++;
        }
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(0);
    expect(read).toBeGreaterThan(0);
  });

  it('random headers and bytes are read, or refused with a UserError', () => {
    const size = fc.oneof(fc.nat(5), fc.integer(), fc.double());
    const tensor = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'I64', 'U8', 'BOOL', 'nope'),
      shape: fc.oneof(fc.array(size, { maxLength: 3 }), fc.anything()),
      data_offsets: fc.oneof(fc.tuple(size, size), fc.anything()),
    });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(tensor, fc.anything())), fc.uint8Array(), (header, data) => {
        try {
          readSafetensors(
            rawFile(
              JSON.stringify(header, (_, value) => (typeof value === 'bigint' ? 0 : value)),
              data,
            ),
          );
        } catch (error) {
          if (!isUserError(error)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
