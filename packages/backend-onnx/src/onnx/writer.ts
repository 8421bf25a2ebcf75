/**
 * Writes ONNX models: the few messages of onnx.proto that a graph needs, straight into one growing buffer.
 *
 * Why not a protobuf library: models are written on the path of a first training step, frozen weights of hundreds of
 * megabytes included, and a general encoder copies each of them several times. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
 */
const text = new TextEncoder();

/** TensorProto.DataType. */
export const ELEMENT_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11, bfloat16: 16 } as const;
export type ElementType = keyof typeof ELEMENT_TYPE;

export type Attribute =
  | number
  | bigint
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export interface NodeProto {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers and arrays of numbers are ints; write a float as `{ float }`. */
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface TensorProto {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: ElementType;
  /** A text is a symbolic dimension. */
  readonly dims: readonly (number | string)[];
}

export interface ModelProto {
  readonly graphName: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly valueInfo?: readonly ValueInfoProto[];
  readonly opsets: Readonly<Record<string, number>>;
  readonly irVersion: number;
  readonly producer: { readonly name: string; readonly version: string };
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A message under construction. Nested messages are written in place and their length is patched in afterwards. */
class MessageWriter {
  private bytes: Uint8Array;
  private length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  private reserve(extra: number): void {
    if (this.length + extra <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + extra));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  private varint(value: number | bigint): void {
    this.reserve(10);
    if (typeof value === 'number' && value >= 0 && value < 0x80000000) {
      let rest = value;
      for (; rest > 127; rest >>>= 7) this.bytes[this.length++] = (rest & 127) | 128;
      this.bytes[this.length++] = rest;
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.bytes[this.length++] = Number(rest & 127n) | 128;
    this.bytes[this.length++] = Number(rest);
  }

  int(field: number, value: number | bigint): void {
    this.varint(field << 3);
    this.varint(value);
  }

  float(field: number, value: number): void {
    this.varint((field << 3) | 5);
    this.reserve(4);
    new DataView(this.bytes.buffer).setFloat32(this.length, value, true);
    this.length += 4;
  }

  data(field: number, value: Uint8Array): void {
    this.varint((field << 3) | 2);
    this.varint(value.length);
    this.reserve(value.length);
    this.bytes.set(value, this.length);
    this.length += value.length;
  }

  string(field: number, value: string): void {
    this.data(field, text.encode(value));
  }

  /** Writes a nested message; four bytes are kept for its length (a padded varint is valid protobuf). */
  message(field: number, write: () => void): void {
    this.varint((field << 3) | 2);
    this.reserve(5);
    const at = this.length;
    this.length += 5;
    write();
    let size = this.length - at - 5;
    for (let i = 0; i < 5; i++, size = Math.floor(size / 128)) this.bytes[at + i] = (size % 128) | (i < 4 ? 128 : 0);
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

function writeAttribute(out: MessageWriter, name: string, value: Attribute): void {
  out.string(1, name);
  if (typeof value === 'number' || typeof value === 'bigint') {
    out.int(3, value);
    out.int(20, 2);
  } else if (typeof value === 'string') {
    out.string(4, value);
    out.int(20, 3);
  } else if ('float' in value) {
    out.float(2, value.float);
    out.int(20, 1);
  } else if ('floats' in value) {
    for (const item of value.floats) out.float(7, item);
    out.int(20, 6);
  } else {
    for (const item of value) out.int(8, item);
    out.int(20, 7);
  }
}

function writeValueInfo(out: MessageWriter, info: ValueInfoProto): void {
  out.string(1, info.name);
  out.message(2, () =>
    out.message(1, () => {
      out.int(1, ELEMENT_TYPE[info.type]);
      out.message(2, () => {
        for (const dim of info.dims)
          out.message(1, () => (typeof dim === 'number' ? out.int(1, dim) : out.string(2, dim)));
      });
    }),
  );
}

/** Serialises a model. */
export function writeModel(model: ModelProto): Uint8Array {
  const weights = model.initializers.reduce((sum, tensor) => sum + tensor.data.length + 64, 0);
  const out = new MessageWriter(weights + 4096 + model.nodes.length * 96);
  out.int(1, model.irVersion);
  out.string(2, model.producer.name);
  out.string(3, model.producer.version);
  out.message(7, () => {
    for (const node of model.nodes) {
      out.message(1, () => {
        for (const name of node.inputs) out.string(1, name);
        for (const name of node.outputs) out.string(2, name);
        out.string(3, node.name);
        out.string(4, node.type);
        for (const [name, value] of Object.entries(node.attributes))
          out.message(5, () => writeAttribute(out, name, value));
        if (node.domain !== '') out.string(7, node.domain);
      });
    }
    out.string(2, model.graphName);
    for (const tensor of model.initializers) {
      out.message(5, () => {
        for (const dim of tensor.dims) out.int(1, dim);
        out.int(2, ELEMENT_TYPE[tensor.type]);
        out.string(8, tensor.name);
        out.data(9, tensor.data);
      });
    }
    for (const info of model.inputs) out.message(11, () => writeValueInfo(out, info));
    for (const info of model.outputs) out.message(12, () => writeValueInfo(out, info));
    for (const info of model.valueInfo ?? []) out.message(13, () => writeValueInfo(out, info));
  });
  for (const [domain, version] of Object.entries(model.opsets)) {
    out.message(8, () => {
      out.string(1, domain);
      out.int(2, version);
    });
  }
  for (const [key, value] of Object.entries(model.metadata ?? {})) {
    out.message(14, () => {
      out.string(1, key);
      out.string(2, value);
    });
  }
  return out.finish();
}
