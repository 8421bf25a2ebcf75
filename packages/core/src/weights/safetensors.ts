/**
 * Reading and writing safetensors: eight bytes of header length, a JSON header, raw little-endian data.
 * Format: https://github.com/huggingface/safetensors (README, "Format"). A file is treated as hostile: whatever its
 * bytes are, reading gives either the tensors that it really holds or a UserError, and never more memory than the file
 * accounts for.
 */
import { UserError } from '../errors.ts';
import { decodeValues, ITEM_BYTES, type SafetensorsDtype, type TensorValues } from './dtypes.ts';
import { duplicateKey } from './json-keys.ts';

export interface SafetensorsTensor {
  /** As the file holds it. `data` is what was made of it. */
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /**
   * F32, F64, F16, BF16: Float32Array (F64 rounded); I8, I16, U16, I32, I64: Int32Array; U8, BOOL: Uint8Array. May be a
   * view of the file's bytes: do not write to it.
   */
  readonly data: TensorValues;
}

export interface SafetensorsFile {
  /** Free text of whoever wrote the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of the data. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/** What `writeSafetensors` takes for each tensor. A Uint8Array is written as U8 unless `dtype` says BOOL. */
export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly data: TensorValues;
  readonly dtype?: 'BOOL';
}

/** Largest header that is read, bytes: some 100,000 tensors. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const PREFIX_BYTES = 8;
const METADATA_KEY = '__metadata__';

/**
 * Reads a whole file.
 * @param source What the file is called in messages.
 * @throws UserError when the bytes are not a well-formed safetensors file.
 */
export function readSafetensors(bytes: Uint8Array, source = 'the safetensors file'): SafetensorsFile {
  const fail = (what: string): never => {
    throw new UserError(`${source}: ${what}.`, 'It is damaged, or not a safetensors file; get it anew.');
  };
  if (bytes.byteLength < PREFIX_BYTES) fail(`${bytes.byteLength} bytes are too few for a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(0, true) + view.getUint32(4, true) * 4294967296;
  if (headerBytes > MAX_HEADER_BYTES) fail(`its header claims ${headerBytes} bytes, the limit is ${MAX_HEADER_BYTES}`);
  if (headerBytes > bytes.byteLength - PREFIX_BYTES)
    fail(`its header claims ${headerBytes} bytes, and only ${bytes.byteLength - PREFIX_BYTES} follow`);

  const header = parseHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes), fail);
  const body = bytes.subarray(PREFIX_BYTES + headerBytes);
  const metadata = readMetadata(header[METADATA_KEY], fail);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, value]) => readEntry(name, value, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  // The data must be covered without gap or overlap: nothing is read twice, and no bytes hide between tensors.
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (end > body.byteLength) fail(`tensor '${name}' ends at byte ${end} of ${body.byteLength}`);
    if (begin < position) fail(`tensor '${name}' overlaps the one before it`);
    if (begin > position) fail(`${begin - position} unused bytes lie before tensor '${name}'`);
    position = end;
  }
  if (position !== body.byteLength) fail(`${body.byteLength - position} bytes follow the last tensor`);

  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries)
    tensors.set(name, {
      dtype,
      shape,
      data: decodeValues(dtype, body.subarray(begin, end), (what) => fail(`tensor '${name}' ${what}`)),
    });
  return { metadata, tensors };
}

/**
 * The bytes of a file that holds these tensors. Data begins at a multiple of 8 and four-byte types come first, so that
 * every tensor is aligned and can be read without a copy.
 * @throws Error when a shape and its data do not agree, or two tensors have one name.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, TensorToWrite]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = [...tensors].map(([name, tensor]) => ({ name, ...tensor, dtype: dtypeToWrite(name, tensor) }));
  entries.sort((a, b) => ITEM_BYTES[b.dtype] - ITEM_BYTES[a.dtype]); // stable: the caller's order within one size
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) header.push([METADATA_KEY, metadata]);
  const seen = new Set<string>([METADATA_KEY]);
  let position = 0;
  for (const { name, dtype, shape, data } of entries) {
    if (seen.has(name)) throw new Error(`two tensors are called '${name}', or it is a reserved name`);
    seen.add(name);
    header.push([name, { dtype, shape, data_offsets: [position, position + data.byteLength] }]);
    position += data.byteLength;
  }
  // Object.fromEntries defines own properties, so that even a tensor called `__proto__` is written.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  if (padded > MAX_HEADER_BYTES) throw new Error(`the header of ${padded} bytes is larger than ${MAX_HEADER_BYTES}`);
  const bytes = new Uint8Array(PREFIX_BYTES + padded + position);
  new DataView(bytes.buffer).setUint32(0, padded, true);
  bytes.set(json, PREFIX_BYTES);
  bytes.fill(0x20, PREFIX_BYTES + json.byteLength, PREFIX_BYTES + padded);
  let offset = PREFIX_BYTES + padded;
  for (const { data } of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

type Fail = (what: string) => never;

interface Entry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  if (bytes[0] !== 0x7b) return fail('its header does not begin with {');
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    return fail('its header is not JSON');
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) return fail(`its header holds '${twice}' twice`);
  return header as Record<string, unknown>; // it begins with {, so it is an object
}

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!isRecord(value)) return fail(`${METADATA_KEY} is not an object`);
  for (const [key, text] of Object.entries(value))
    if (typeof text !== 'string') return fail(`${METADATA_KEY} '${key}' is not a string`);
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown, fail: Fail): Entry {
  if (!isRecord(value)) return fail(`tensor '${name}' is not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  for (const key of Object.keys(value))
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets')
      return fail(`tensor '${name}' has an unknown field '${key}'`);
  if (typeof dtype !== 'string' || !Object.hasOwn(ITEM_BYTES, dtype))
    return fail(`tensor '${name}' has dtype ${JSON.stringify(dtype)}; known are ${Object.keys(ITEM_BYTES).join(', ')}`);
  if (!isSizeList(shape)) return fail(`the shape of tensor '${name}' is not a list of sizes`);
  if (!isSizeList(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return fail(`the offsets of tensor '${name}' are not two ascending integers`);
  const [begin, end] = offsets as [number, number];
  let expected = ITEM_BYTES[dtype as SafetensorsDtype];
  for (const size of shape) {
    expected *= size;
    if (!Number.isSafeInteger(expected)) return fail(`the shape of tensor '${name}' is too large`);
  }
  if (end - begin !== expected)
    return fail(
      `tensor '${name}' of shape [${shape.join(', ')}] and dtype ${dtype} needs ${expected} bytes and has ${end - begin}`,
    );
  return { name, dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function dtypeToWrite(name: string, { shape, data, dtype }: TensorToWrite): SafetensorsDtype {
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isSizeList(shape) || count !== data.length)
    throw new Error(`tensor '${name}' of shape [${shape.join(', ')}] holds ${data.length} values`);
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  return dtype ?? 'U8';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizeList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
