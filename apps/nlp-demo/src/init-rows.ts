/** The rows of Mou et al. 2016, arXiv:1603.06111, table 3, and their names. */
import type { Init, InitPlan } from '@attune/nlp';
import type { InitRow } from './api.ts';

const INITS: Readonly<Record<string, Init>> = { R: 'random', L: 'locked', F: 'tuned' };

/** `FFR` for E and H tuned and O at random: R random, L locked, F fine-tuned. */
export function initName({ E, H, O }: InitPlan): string {
  const letterOf = (init: Init) => Object.keys(INITS).find((letter) => INITS[letter] === init)!;
  return `${letterOf(E)}${letterOf(H)}${letterOf(O)}`;
}

export const INIT_ROWS: readonly InitRow[] = ['RRR', 'LRR', 'LLR', 'LLL', 'FRR', 'FFR', 'FFF'].map((name) => {
  const [E, H, O] = [...name].map((letter) => INITS[letter]!) as [Init, Init, Init];
  return { name, init: { E, H, O } };
});
