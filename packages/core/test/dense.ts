/**
 * Textbook linear algebra for tests: Gauss-Jordan and Jacobi on small nested arrays, written apart from what they check.
 */
import { Random } from '../src/random.ts';

export type Dense = number[][];

export function randomDense(rows: number, columns: number, seed: number): Dense {
  const random = Random.fromSeed(seed);
  // Single precision, as features are.
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.fround(random.normal())));
}

export function transpose(a: Dense): Dense {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

export function multiply(a: Dense, b: Dense): Dense {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));
}

export function identity(n: number, scale = 1): Dense {
  return Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? scale : 0)));
}

export function plus(a: Dense, b: Dense, scale = 1): Dense {
  return a.map((row, i) => row.map((value, j) => value + scale * b[i]![j]!));
}

export function trace(a: Dense): number {
  return a.reduce((sum, row, i) => sum + row[i]!, 0);
}

/** A^-1 B and log |det A|, by elimination with the largest pivot. */
export function solve(a: Dense, b: Dense): { solution: Dense; logDeterminant: number } {
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  const n = a.length;
  let logDeterminant = 0;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    const scale = rows[k]![k]!;
    logDeterminant += Math.log(Math.abs(scale));
    rows[k] = rows[k]!.map((value) => value / scale);
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!;
      if (i !== k) rows[i] = rows[i]!.map((value, j) => value - factor * rows[k]![j]!);
    }
  }
  return { solution: rows.map((row) => row.slice(n)), logDeterminant };
}

/** Turns columns p and q of every row towards each other, in place. */
function rotateColumns(rows: Dense, p: number, q: number, angle: number): void {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  for (const row of rows) [row[p], row[q]] = [cos * row[p]! - sin * row[q]!, sin * row[p]! + cos * row[q]!];
}

/** Eigenvalues and eigenvectors (the columns of V) of a symmetric matrix by Jacobi's rotations. */
export function jacobi(symmetric: Dense): { values: number[]; vectors: Dense } {
  const n = symmetric.length;
  let a = symmetric.map((row) => [...row]);
  const vectors = identity(n);
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-300) continue;
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        rotateColumns(a, p, q, angle);
        a = transpose(a);
        rotateColumns(a, p, q, angle);
        rotateColumns(vectors, p, q, angle);
      }
    }
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

/** A product of random rotations, one in every plane of two axes: an orthogonal matrix. */
export function randomRotation(n: number, seed: number): Dense {
  const random = Random.fromSeed(seed);
  const product = identity(n);
  for (let p = 0; p < n; p++)
    for (let q = p + 1; q < n; q++) rotateColumns(product, p, q, 2 * Math.PI * random.uniform());
  return product;
}

/** Features and labels as the scores take them. */
export function labelled(rows: Dense, labels: readonly number[]) {
  return { values: Float32Array.from(rows.flat()), size: rows[0]!.length, labels: Int32Array.from(labels) };
}
