/**
 * Finds out what a tfjs random op drew, so that a replay can draw it again.
 *
 * The op runs in JavaScript and only its finished values reach the backend. Its seed comes from `Math.random`, which the
 * tracer replaces by a constant; the same op of the public API with that seed and standard parameters then gives the
 * underlying draws, and two unknowns, offset and scale, follow from any two elements. Every other element checks them.
 */
import { engine, randomNormal, randomUniform, type Tensor, tidy, truncatedNormal } from '@tensorflow/tfjs-core';
import type { HostArray, RandomSource, Value } from '../graph/value.ts';

/** What `Math.random` returns while a step is traced. */
export const TRACE_SEED = 0.3819660112501051;

/** Scope names of the tfjs ops that draw, as the engine names them while they run. */
const OPS: Readonly<Record<string, RandomSource['distribution'] | 'unknown'>> = {
  randomUniform__op: 'uniform',
  randomUniformInt__op: 'uniform',
  randomNormal__op: 'normal',
  truncatedNormal__op: 'truncatedNormal',
  randomGamma__op: 'unknown',
  rand__op: 'unknown',
};

/** The name of the random op that is running, or null. */
export function runningRandomOp(): string | null {
  const { activeScope } = engine().state as unknown as { activeScope?: { name: string } };
  const name = activeScope?.name;
  return name !== undefined && name in OPS ? name : null;
}

/** How to draw the written value again. @throws when the values are not an affine function of standard draws. */
export function identifySource(op: string, value: Value): RandomSource {
  const distribution = OPS[op]!;
  const call = op.replace('__op', '');
  const advice = 'draw it outside of the captured step and pass it in';
  if (distribution === 'unknown') throw new Error(`tf.${call} inside a captured step cannot be drawn anew: ${advice}`);
  const size = value.data!.length;
  if (size < 2)
    throw new Error(`tf.${call} of a single element inside a captured step cannot be drawn anew: ${advice}`);
  const standard = standardDraws(distribution, size);
  let low = 0;
  let high = 0;
  for (let i = 1; i < size; i++) {
    if (standard[i]! < standard[low]!) low = i;
    if (standard[i]! > standard[high]!) high = i;
  }
  const data = value.data!;
  const scale = (data[high]! - data[low]!) / (standard[high]! - standard[low]!);
  const offset = data[low]! - scale * standard[low]!;
  const source = candidates(value, distribution, offset, scale).find((candidate) =>
    explains(candidate, standard, data),
  );
  if (source === undefined)
    throw new Error(`the draws of tf.${call} inside a captured step were not understood: ${advice}`);
  return source;
}

/** Integers hide up to one of the offset and of the scale, so that their neighbours are tried too. */
function candidates(
  value: Value,
  distribution: RandomSource['distribution'],
  offset: number,
  scale: number,
): RandomSource[] {
  if (value.dtype === 'float32') return [{ distribution, offset, scale, rounding: 'none' }];
  const near = [0, 1, -1, 2, -2];
  return (['truncate', 'round'] as const).flatMap((rounding) =>
    near.flatMap((i) =>
      near.map((j) => ({ distribution, offset: Math.round(offset) + i, scale: Math.round(scale) + j, rounding })),
    ),
  );
}

function explains(source: RandomSource, standard: Float32Array, data: HostArray): boolean {
  const { offset, scale, rounding } = source;
  const tolerance = rounding === 'none' ? 1e-5 * (Math.abs(scale) + Math.abs(offset) + 1e-30) : 0;
  for (const [i, draw] of standard.entries()) {
    const exact = offset + scale * draw;
    const expected = rounding === 'none' ? exact : rounding === 'round' ? Math.round(exact) : Math.trunc(exact);
    if (Math.abs(data[i]! - expected) > tolerance) return false;
  }
  return true;
}

function standardDraws(distribution: RandomSource['distribution'], size: number): Float32Array {
  return tidy(() => {
    let draws: Tensor;
    if (distribution === 'uniform') draws = randomUniform([size], 0, 1, 'float32', TRACE_SEED);
    else if (distribution === 'normal') draws = randomNormal([size], 0, 1, 'float32', TRACE_SEED);
    else draws = truncatedNormal([size], 0, 1, 'float32', TRACE_SEED);
    return draws.dataSync() as Float32Array;
  });
}
