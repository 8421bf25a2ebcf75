import { describe, expect, it } from 'vitest';
import { type Dense, identity, jacobi, multiply, plus, randomDense, solve, transpose } from '../../test/dense.ts';
import { cholesky, logDeterminant } from './cholesky.ts';
import { addGram, addProducts, columnsOf, rowsOf } from './products.ts';
import { symmetricSpectrum } from './spectrum.ts';

const flat = (a: Dense) => Float64Array.from(a.flat());

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9) {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(actual[i]! - expected[i]!));
  expect(most).toBeLessThan(tolerance);
}

describe('products', () => {
  it.each([
    [1, 1],
    [3, 130],
    [7, 5],
    [130, 9],
    [520, 3], // more rows than a panel holds
  ])('multiplies %i x %i by rows and by columns', (count, size) => {
    const x = randomDense(count, size, count);
    const values = Float32Array.from(x.flat());
    const rows = new Float64Array(count * count);
    addGram(rows, rowsOf(values, count, size));
    expectClose(rows, flat(multiply(x, transpose(x))));
    const columns = new Float64Array(size * size);
    addGram(columns, columnsOf(values, count, size));
    addGram(columns, columnsOf(values, count, size));
    expectClose(
      columns,
      flat(multiply(transpose(x), x)).map((value) => 2 * value),
    );
  });
  it('multiplies two matrices', () => {
    const a = randomDense(6, 131, 1);
    const b = randomDense(9, 131, 2);
    const out = new Float64Array(54).fill(1);
    addProducts(out, rowsOf(flat(a), 6, 131), rowsOf(flat(b), 9, 131));
    expectClose(
      out,
      flat(multiply(a, transpose(b))).map((value) => value + 1),
    );
  });
  it('takes the mean off each column', () => {
    const x = randomDense(40, 3, 3);
    const mean = Float64Array.from([0.5, -2, 1e3]);
    const out = new Float64Array(9);
    addGram(out, columnsOf(flat(x), 40, 3, mean));
    const centred = x.map((row) => row.map((value, j) => value - mean[j]!));
    expectClose(out, flat(multiply(transpose(centred), centred)), 1e-6);
  });
});

describe('cholesky', () => {
  it('is a factor, finds the rank, and gives the determinant', () => {
    const x = randomDense(9, 4, 5);
    const gram = multiply(x, transpose(x));
    const { factor, rank, pivots } = cholesky(flat(gram), 9);
    expect(rank).toBe(4);
    expect(new Set(pivots).size).toBe(4);
    const l = Array.from({ length: 9 }, (_, i) => [...factor.slice(9 * i, 9 * i + 9)]);
    expectClose(flat(multiply(l, transpose(l))), flat(gram));
    const whole = plus(gram, identity(9));
    expect(logDeterminant(cholesky(flat(whole), 9))).toBeCloseTo(solve(whole, whole).logDeterminant, 9);
  });
  it('has rank 0 for zeros', () => expect(cholesky(new Float64Array(4), 2).rank).toBe(0));
});

describe('symmetricSpectrum', () => {
  it.each([1, 2, 3, 8, 15])('finds the eigenvalues and projections that Jacobi finds, n = %i', (n) => {
    const half = randomDense(n, n, 7 * n);
    const a = plus(half, transpose(half));
    const b = randomDense(n, 2, n);
    const expected = jacobi(a);
    const { values, projections } = symmetricSpectrum(flat(a), n, flat(b));
    // Eigenvectors have no sign: squares are compared.
    const squares = multiply(transpose(expected.vectors), b).map((row) => row.map((value) => value ** 2));
    const order = [...values.keys()].sort((i, j) => values[i]! - values[j]!);
    const expectedOrder = [...expected.values.keys()].sort((i, j) => expected.values[i]! - expected.values[j]!);
    for (const [k, i] of order.entries()) {
      const j = expectedOrder[k]!;
      expect(values[i]).toBeCloseTo(expected.values[j]!, 9);
      for (const c of [0, 1]) expect(projections[2 * i + c]! ** 2).toBeCloseTo(squares[j]![c]!, 8);
    }
  });
  it('rebuilds a matrix from V', () => {
    const x = randomDense(30, 60, 2);
    const a = multiply(transpose(x), x); // half of its eigenvalues are 0
    const { values, projections } = symmetricSpectrum(flat(a), 60, flat(identity(60)));
    const v = Array.from({ length: 60 }, (_, k) => [...projections.slice(60 * k, 60 * k + 60)]);
    const scaled = v.map((row, k) => row.map((value) => value * values[k]!));
    expectClose(flat(multiply(transpose(v), scaled)), flat(a), 1e-10 * 200);
    expectClose(flat(multiply(v, transpose(v))), flat(identity(60)), 1e-12);
  });
  it('takes diagonal matrices, zeros and nothing', () => {
    expect(
      [
        ...symmetricSpectrum(
          flat([
            [3, 0],
            [0, -1],
          ]),
          2,
        ).values,
      ].sort(),
    ).toEqual([-1, 3]);
    expect([...symmetricSpectrum(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect(symmetricSpectrum(new Float64Array(0), 0).values).toHaveLength(0);
    expect(() => symmetricSpectrum(flat([[Number.NaN]]), 1)).toThrow(RangeError);
  });
});
