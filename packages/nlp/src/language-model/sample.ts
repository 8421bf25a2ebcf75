/** Which token comes next, drawn from a network's logits. */
import type { Random } from '@attune/core';
import { UserError } from '@attune/core';

export interface SamplingOptions {
  /** Logits are divided by it: below 1 likely tokens become likelier. 0: always the likeliest token. Default 1. */
  readonly temperature?: number | undefined;
  /** Only the so many likeliest tokens (Fan et al. 2018, arXiv:1805.04833). Default: all. */
  readonly topK?: number | undefined;
  /**
   * Only the likeliest tokens that together have this probability, in (0, 1] (nucleus sampling: Holtzman et al. 2020,
   * arXiv:1904.09751). Default 1.
   */
  readonly topP?: number | undefined;
}

/** @throws UserError for the first option that is out of range. */
export function checkSampling({ temperature = 1, topK = 1, topP = 1 }: SamplingOptions): void {
  const demand = (right: boolean, name: string, value: number, what: string) => {
    if (!right) throw new UserError(`${name} is ${value}, and must be ${what}.`);
  };
  demand(temperature >= 0 && Number.isFinite(temperature), 'temperature', temperature, 'a number of at least 0');
  demand(Number.isSafeInteger(topK) && topK >= 1, 'topK', topK, 'a whole number of at least 1');
  demand(topP > 0 && topP <= 1, 'topP', topP, 'above 0 and at most 1');
}

/**
 * Draws a token. Temperature comes first, then top-k, then top-p; what is left is drawn from in proportion. Of equally likely
 * tokens the one with the lower number comes first.
 * @param logits Of every token.
 */
export function sampleToken(logits: ArrayLike<number>, options: SamplingOptions, random: Random): number {
  const { temperature = 1, topK = logits.length, topP = 1 } = options;
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  if (temperature === 0) return best;
  const powers = Float64Array.from(logits, (logit) => Math.exp((logit - logits[best]!) / temperature));
  let candidates: ArrayLike<number> = Uint32Array.from(powers, (_, token) => token);
  let total = powers.reduce((sum, power) => sum + power, 0);
  if (topK < powers.length || topP < 1) {
    const order = (candidates as Uint32Array).sort((a, b) => powers[b]! - powers[a]! || a - b).subarray(0, topK);
    const kept = order.reduce((sum, token) => sum + powers[token]!, 0);
    let [count, sum] = [0, 0];
    while (count < order.length && (count === 0 || sum < topP * kept)) sum += powers[order[count++]!]!;
    candidates = order.subarray(0, count);
    total = sum;
  }
  let rest = random.uniform(0, total);
  for (let i = 0; i < candidates.length; i++) {
    rest -= powers[candidates[i]!]!;
    if (rest < 0) return candidates[i]!;
  }
  return candidates[candidates.length - 1]!; // rounding
}
