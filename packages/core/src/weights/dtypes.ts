/** The number formats of safetensors files, and how each becomes an array that TensorFlow.js can hold. */

export type TensorValues = Float32Array | Int32Array | Uint8Array;

/** Bytes of one value. */
export const ITEM_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDtype = keyof typeof ITEM_BYTES;

/**
 * Little-endian bytes as values: a view where byte order, alignment and type allow it, else a copy.
 * @param bytes A whole number of values.
 * @param fail Called with what is wrong when a value has no 32-bit form.
 */
export function decodeValues(dtype: SafetensorsDtype, bytes: Uint8Array, fail: (what: string) => never): TensorValues {
  const count = bytes.byteLength / ITEM_BYTES[dtype];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'F32':
      if (isViewable(bytes)) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
      return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
    case 'F64':
      return Float32Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true));
    case 'F16':
      return expandHalf(view, count);
    case 'BF16':
      return expandBrainFloat(view, count);
    case 'I32':
      if (isViewable(bytes)) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
      return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
    case 'I64':
      return Int32Array.from({ length: count }, (_, i) => {
        const low = view.getInt32(8 * i, true);
        const high = view.getInt32(8 * i + 4, true);
        return high === low >> 31 ? low : fail(`holds an integer that does not fit 32 bits at position ${i}`);
      });
    case 'I16':
      return Int32Array.from({ length: count }, (_, i) => view.getInt16(2 * i, true));
    case 'I8':
      return Int32Array.from({ length: count }, (_, i) => view.getInt8(i));
    case 'U16':
      return Int32Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true));
    case 'U8':
      return bytes;
    case 'BOOL': {
      const odd = bytes.findIndex((value) => value > 1);
      return odd < 0 ? bytes : fail(`holds ${bytes[odd]} at position ${odd} where only 0 and 1 are booleans`);
    }
    default:
      return dtype satisfies never;
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function isViewable(bytes: Uint8Array): boolean {
  return LITTLE_ENDIAN && bytes.byteOffset % 4 === 0;
}

/** IEEE 754 half precision: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function expandHalf(view: DataView, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const bits = view.getUint16(2 * i, true);
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) values[i] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** bfloat16 is the upper half of a float32. */
function expandBrainFloat(view: DataView, count: number): Float32Array {
  const bits = new Uint32Array(count);
  for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, true) << 16;
  return new Float32Array(bits.buffer);
}
