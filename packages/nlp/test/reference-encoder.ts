/**
 * BERT's forward pass in plain loops over a checkpoint's tensors, by the names and layouts of Hugging Face: what the networks
 * are compared with.
 */
import type { SafetensorsTensor } from '@attune/core';

type Rows = number[][];

export interface ReferenceSizes {
  readonly layers: number;
  readonly heads: number;
  readonly epsilon: number;
}

/** Vectors of the tokens of one text after the last layer, [T][size]. */
export function referenceEncoder(
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  { layers, heads, epsilon }: ReferenceSizes,
  ids: readonly number[],
  types: readonly number[],
): Rows {
  const row = (name: string, i: number) => {
    const { data, shape } = tensors.get(name)!;
    return [...data.subarray(i * shape[1]!, (i + 1) * shape[1]!)];
  };
  const vector = (name: string) => [...tensors.get(name)!.data];
  const dense = (name: string, x: Rows): Rows => {
    const bias = vector(`${name}.bias`);
    return x.map((from) => bias.map((b, o) => b + dot(row(`${name}.weight`, o), from)));
  };
  const norm = (name: string, x: Rows): Rows => {
    const [scale, shift] = [vector(`${name}.weight`), vector(`${name}.bias`)];
    return x.map((values) => {
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
      return values.map((v, j) => ((v - mean) / Math.sqrt(variance + epsilon)) * scale[j]! + shift[j]!);
    });
  };
  const plus = (a: Rows, b: Rows): Rows => a.map((values, i) => values.map((v, j) => v + b[i]![j]!));
  let x = norm(
    'embeddings.LayerNorm',
    ids.map((id, t) => {
      const tables: [string, number][] = [
        ['word', id],
        ['position', t],
        ['token_type', types[t]!],
      ];
      return tables
        .map(([table, i]) => row(`embeddings.${table}_embeddings.weight`, i))
        .reduce((a, b) => a.map((v, j) => v + b[j]!));
    }),
  );
  for (let l = 0; l < layers; l++) {
    const name = `encoder.layer.${l}`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) => dense(`${name}.attention.self.${part}`, x)) as [
      Rows,
      Rows,
      Rows,
    ];
    const width = q[0]!.length / heads;
    const attended = q.map((from, t) => {
      const joined: number[] = [];
      for (let h = 0; h < heads; h++) {
        const part = (values: number[]) => values.slice(h * width, (h + 1) * width);
        const scores = k.map((key) => Math.exp(dot(part(q[t]!), part(key)) / Math.sqrt(width)));
        const sum = scores.reduce((a, b) => a + b);
        for (let j = 0; j < width; j++)
          joined.push(v.reduce((total, value, s) => total + (scores[s]! / sum) * value[h * width + j]!, 0));
      }
      return joined.slice(0, from.length);
    });
    const middle = norm(
      `${name}.attention.output.LayerNorm`,
      plus(x, dense(`${name}.attention.output.dense`, attended)),
    );
    const inner = dense(`${name}.intermediate.dense`, middle).map((values) => values.map(gelu));
    x = norm(`${name}.output.LayerNorm`, plus(middle, dense(`${name}.output.dense`, inner)));
  }
  return x;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** x P(X <= x), the probability by Simpson's rule. */
function gelu(x: number): number {
  const steps = 400;
  const end = Math.max(-8, Math.min(8, x));
  const density = (t: number) => Math.exp(-t * t * 0.5) / Math.sqrt(2 * Math.PI);
  let sum = density(0) + density(end);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density((end * i) / steps);
  return x * (0.5 + (sum * end) / steps / 3);
}
