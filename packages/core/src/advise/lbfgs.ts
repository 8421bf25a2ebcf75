/**
 * L-BFGS (Nocedal 1980; Liu and Nocedal 1989): minimises a smooth function of many variables from its values and gradients,
 * with a curvature estimate from the last few steps. A step is halved, by the parabola through what is known, until the
 * value falls enough (Armijo); on a strongly convex function, which the regression's is, that converges.
 */

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
  readonly iterations: number;
  /** False where the iterations ran out first. */
  readonly converged: boolean;
}

export interface MinimizeOptions {
  /** The greatest element of the gradient at which the search ends. Default 1e-6. */
  readonly tolerance?: number;
  /** Default 1000. */
  readonly maxIterations?: number;
}

/** Steps remembered. */
const MEMORY = 10;
/** Share of the decrease that the gradient promises and that a step must bring. */
const SUFFICIENT_DECREASE = 1e-4;
/** A value that falls by less of itself has come to where rounding ends the search. */
const LEAST_DECREASE = 1e-14;

/** @param objective Gives the value at `x`, and writes the gradient. */
export function minimize(
  objective: (x: Float64Array, gradient: Float64Array) => number,
  start: Float64Array,
  { tolerance = 1e-6, maxIterations = 1000 }: MinimizeOptions = {},
): Minimum {
  let x = start.slice();
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = []; // of the gradient, over each step
  for (let iteration = 0; ; iteration++) {
    if (greatest(gradient) <= tolerance) return { x, value, iterations: iteration, converged: true };
    if (iteration === maxIterations) return { x, value, iterations: iteration, converged: false };
    const direction = descent(gradient, steps, changes);
    const slope = dot(direction, gradient);
    // Nothing is known of the curvature at first: a step of length 1 at most.
    let rate = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const nextX = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let nextValue: number;
    for (;;) {
      for (let i = 0; i < x.length; i++) nextX[i] = x[i]! + rate * direction[i]!;
      nextValue = objective(nextX, nextGradient);
      if (nextValue <= value + SUFFICIENT_DECREASE * rate * slope) break;
      if (rate * Math.abs(slope) <= LEAST_DECREASE * Math.abs(value))
        return { x, value, iterations: iteration, converged: true };
      const parabola = (-slope * rate * rate) / (2 * (nextValue - value - slope * rate));
      rate = Number.isFinite(parabola) ? Math.min(Math.max(parabola, 0.1 * rate), 0.5 * rate) : 0.1 * rate;
    }
    const step = nextX.map((next, i) => next - x[i]!);
    const change = nextGradient.map((next, i) => next - gradient[i]!);
    // Only a positive curvature keeps the estimate positive definite.
    if (dot(step, change) > Number.EPSILON * dot(change, change)) {
      steps.push(step);
      changes.push(change);
      if (steps.length > MEMORY) {
        steps.shift();
        changes.shift();
      }
    }
    x = nextX;
    gradient = nextGradient;
    value = nextValue;
  }
}

/** Minus the estimated inverse Hessian times the gradient: the two loops over the remembered steps. */
function descent(gradient: Float64Array, steps: Float64Array[], changes: Float64Array[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights: number[] = [];
  for (let k = steps.length - 1; k >= 0; k--) {
    weights[k] = dot(steps[k]!, direction) / dot(steps[k]!, changes[k]!);
    addScaled(direction, changes[k]!, -weights[k]!);
  }
  const last = changes.at(-1);
  if (last !== undefined) {
    const scale = dot(steps.at(-1)!, last) / dot(last, last);
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  }
  for (let k = 0; k < steps.length; k++) {
    const correction = dot(changes[k]!, direction) / dot(steps[k]!, changes[k]!);
    addScaled(direction, steps[k]!, weights[k]! - correction);
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(to: Float64Array, values: Float64Array, scale: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += scale * values[i]!;
}

function greatest(values: Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}
