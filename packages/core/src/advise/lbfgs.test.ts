import { describe, expect, it } from 'vitest';
import { identity, multiply, plus, randomDense, solve, transpose } from '../../test/dense.ts';
import { minimize } from './lbfgs.ts';

describe('minimize', () => {
  it('finds the minimum of a quadratic, which is a linear system', () => {
    const half = randomDense(8, 8, 1);
    const a = plus(multiply(half, transpose(half)), identity(8));
    const b = randomDense(8, 1, 2);
    const expected = solve(a, b).solution;
    const objective = (x: Float64Array, gradient: Float64Array) => {
      const ax = multiply(
        a,
        [...x].map((value) => [value]),
      );
      x.forEach((_, i) => {
        gradient[i] = ax[i]![0]! - b[i]![0]!;
      });
      return x.reduce((sum, value, i) => sum + value * (ax[i]![0]! / 2 - b[i]![0]!), 0);
    };
    const { x, converged, iterations } = minimize(objective, new Float64Array(8), { tolerance: 1e-9 });
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(60);
    for (let i = 0; i < 8; i++) expect(x[i]).toBeCloseTo(expected[i]![0]!, 7);
    expect(minimize(objective, new Float64Array(8), { maxIterations: 2 })).toMatchObject({
      iterations: 2,
      converged: false,
    });
  });
  it("finds its way down Rosenbrock's valley", () => {
    const { x } = minimize(
      ([a, b]: Float64Array, gradient) => {
        gradient[0] = -2 * (1 - a!) - 400 * a! * (b! - a! * a!);
        gradient[1] = 200 * (b! - a! * a!);
        return (1 - a!) ** 2 + 100 * (b! - a! * a!) ** 2;
      },
      Float64Array.of(-1.2, 1),
    );
    expect(x[0]).toBeCloseTo(1, 5);
    expect(x[1]).toBeCloseTo(1, 5);
  });
});
