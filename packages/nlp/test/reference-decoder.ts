/** Decoders in plain loops over numbers, as run.c of llama2.c and the formulas of GPT-2 have them: what the networks are held against. */
import type { RawGpt2, RawLlama } from './tiny-decoder.ts';

type Vector = readonly number[];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};
const add = (a: Vector, b: Vector) => a.map((x, i) => x + b[i]!);
const softmax = (scores: Vector) => {
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
};
/** matrix [outputs, inputs] times x. */
const times = (matrix: Float32Array, x: Vector) =>
  Array.from({ length: matrix.length / x.length }, (_, row) =>
    dot(matrix.subarray(row * x.length, (row + 1) * x.length), x),
  );
/** x times matrix [inputs, outputs], plus a bias. */
const affine = (x: Vector, matrix: Float32Array, bias: Float32Array) =>
  Array.from(bias, (b, j) => b + x.reduce((sum, value, i) => sum + value * matrix[i * bias.length + j]!, 0));

/** Attention of the last of the queries over all keys and values so far, head by head. */
function attend(
  query: Vector,
  keys: readonly Vector[],
  values: readonly Vector[],
  heads: number,
  keyHeads: number,
): Vector {
  const width = query.length / heads;
  return Array.from({ length: heads }, (_, head) => {
    const shared = Math.floor(head / (heads / keyHeads)) * width;
    const of = (vector: Vector) => vector.slice(shared, shared + width);
    const own = query.slice(head * width, (head + 1) * width);
    const weights = softmax(keys.map((key) => dot(own, of(key)) / Math.sqrt(width)));
    return Array.from({ length: width }, (_, i) =>
      weights.reduce((sum, weight, t) => sum + weight * of(values[t]!)[i]!, 0),
    );
  }).flat();
}

/** Logits of what follows each token. */
export function referenceLlama(raw: RawLlama, tokens: readonly number[]): Vector[] {
  const { size, layers, heads, keyHeads, tied, values } = raw;
  const width = size / heads;
  const table = values.embedding[0]!;
  const rms = (x: Vector, scale: Float32Array) => {
    const root = Math.sqrt(dot(x, x) / size + 1e-5);
    return x.map((value, i) => (value / root) * scale[i]!);
  };
  const turn = (x: Vector, position: number) =>
    x.map((value, i) => {
      const angle = position * 10000 ** (-((i % width) & ~1) / width);
      return i % 2 === 0
        ? value * Math.cos(angle) - x[i + 1]! * Math.sin(angle)
        : value * Math.cos(angle) + x[i - 1]! * Math.sin(angle);
    });
  const kept = Array.from({ length: layers }, () => ({ keys: [] as Vector[], values: [] as Vector[] }));
  return tokens.map((token, position) => {
    let x: Vector = [...table.subarray(token * size, (token + 1) * size)];
    for (const [i, layer] of kept.entries()) {
      const seen = rms(x, values.rmsAttention[i]!);
      layer.keys.push(turn(times(values.wk[i]!, seen), position));
      layer.values.push(times(values.wv[i]!, seen));
      const query = turn(times(values.wq[i]!, seen), position);
      x = add(x, times(values.wo[i]!, attend(query, layer.keys, layer.values, heads, keyHeads)));
      const inner = rms(x, values.rmsInner[i]!);
      const up = times(values.w3[i]!, inner);
      const gated = times(values.w1[i]!, inner).map((value, j) => (value / (1 + Math.exp(-value))) * up[j]!);
      x = add(x, times(values.w2[i]!, gated));
    }
    return times(tied ? table : values.classifier[0]!, rms(x, values.rmsLast[0]!));
  });
}

export function referenceGpt2({ size, heads, layers, tensors }: RawGpt2, tokens: readonly number[]): Vector[] {
  const of = (name: string) => tensors.get(name)!.data;
  const row = (name: string, i: number) => [...of(name).subarray(i * size, (i + 1) * size)];
  const dense = (x: Vector, name: string) => affine(x, of(`${name}.weight`), of(`${name}.bias`));
  const norm = (x: Vector, name: string) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / size;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
    return x.map(
      (value, i) => ((value - mean) / Math.sqrt(variance + 1e-5)) * of(`${name}.weight`)[i]! + of(`${name}.bias`)[i]!,
    );
  };
  const gelu = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const kept = Array.from({ length: layers }, () => ({ keys: [] as Vector[], values: [] as Vector[] }));
  return tokens.map((token, position) => {
    let x: Vector = add(row('wte.weight', token), row('wpe.weight', position));
    for (const [i, layer] of kept.entries()) {
      const joint = dense(norm(x, `h.${i}.ln_1`), `h.${i}.attn.c_attn`);
      layer.keys.push(joint.slice(size, 2 * size));
      layer.values.push(joint.slice(2 * size));
      const attended = attend(joint.slice(0, size), layer.keys, layer.values, heads, heads);
      x = add(x, dense(attended, `h.${i}.attn.c_proj`));
      x = add(x, dense(dense(norm(x, `h.${i}.ln_2`), `h.${i}.mlp.c_fc`).map(gelu), `h.${i}.mlp.c_proj`));
    }
    return times(of('wte.weight'), norm(x, 'ln_f'));
  });
}
