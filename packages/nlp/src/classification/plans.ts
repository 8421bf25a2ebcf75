/** Plans of text networks by name: core's, INIT and MULT of Mou et al. 2016, and SetFit. */
import { type Network, namedPlan, PLAN_NAMES, type TransferPlan, UserError } from '@attune/core';
import { type Init, initPlan, multPlan } from '../transfer-plans.ts';

/** How weights are found: by gradient steps, by logistic regression on frozen features, or by SetFit. */
export type TextMethod = 'gradient' | 'probe' | 'setfit';

/** Core's that take texts, and those made here, where E, H and O stand for r (random), l (locked) or t (tuned) each. */
export const TEXT_PLAN_NAMES: readonly string[] = [
  ...PLAN_NAMES.filter((name) => !name.startsWith('modular')),
  ...['init-EHO', 'mult', 'mult-init-EHO', 'setfit'],
];

/** Share of the batches that are the target's: both tasks alike. A plan in a file may have another. */
const LAMBDA = 0.5;

/** Everything is tuned; how is SetFit's affair: see `methodOf`. */
const SETFIT: TransferPlan = { ...namedPlan('full'), name: 'setfit' };

const HOW: Readonly<Record<string, Init>> = { r: 'random', l: 'locked', t: 'tuned' };

/**
 * @param network What INIT is of, where it has more than one hidden group.
 * @throws UserError for an unknown name, or a plan that trains nothing.
 */
export function namedTextPlan(name: string, network?: Pick<Network, 'layerGroups'>): TransferPlan {
  if (name === 'setfit') return SETFIT;
  const matched = /^(mult-)?init-(.*)$/.exec(name);
  if (name === 'mult') return multPlan({ lambda: LAMBDA }, network);
  if (matched === null) return namedPlan(name, TEXT_PLAN_NAMES);
  const letters = matched[2]!;
  if (!/^[rlt]{3}$/.test(letters))
    throw new UserError(
      `There is no plan '${name}'.`,
      'INIT names embedding, hidden layers and output, each r (random), l (copied and locked) or t (copied and tuned), such as init-ttr.',
    );
  const [E, H, O] = [...letters].map((letter) => HOW[letter]!) as [Init, Init, Init];
  return matched[1] === undefined
    ? initPlan({ E, H, O }, network)
    : multPlan({ lambda: LAMBDA, init: { E, H, O } }, network);
}

/** How a plan is carried out. A head alone is a convex problem, unless a source is to be learnt on beside it. */
export function methodOf({ name, moved, held, added }: TransferPlan): TextMethod {
  if (name === SETFIT.name) return 'setfit';
  return moved.groups.what === 'head' && held.to === 'nothing' && added.head !== 'none' ? 'probe' : 'gradient';
}
