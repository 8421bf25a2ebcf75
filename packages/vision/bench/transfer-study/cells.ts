/** Which cells are measured, the most telling first: a study that is cut short has answered the first questions. */
import { PLANS } from './plans.ts';
import type { Target } from './targets.ts';

export interface Cell {
  readonly size: number;
  readonly plan: string;
}

/** Plans that stand for the four scenarios, and Anderson's: they are measured at every size. */
const CORE_PLANS = ['scratch', 'linear-probe', 'earlier-layer', 'full', 'probe-then-full', 'modular'];
const ALL_PLANS = PLANS.map(({ name }) => name);

/** The size at which settings are chosen for all sizes, and all plans are compared. */
export function middleSize({ sizes }: Target): number {
  return sizes.includes(20) ? 20 : sizes[0]!;
}

export function cellsOf(target: Target): Cell[] {
  const middle = middleSize(target);
  const cross = (sizes: readonly number[], plans: readonly string[]): Cell[] =>
    sizes.filter((size) => target.sizes.includes(size)).flatMap((size) => plans.map((plan) => ({ size, plan })));
  const ordered = [
    ...cross([middle], ALL_PLANS),
    ...cross([5, 100], CORE_PLANS),
    ...cross([10, 50], CORE_PLANS),
    ...cross([5, 100], ALL_PLANS),
    ...cross(
      target.sizes.filter((size) => size > 100),
      CORE_PLANS,
    ),
  ];
  return ordered.filter(
    (cell, i) => ordered.findIndex(({ size, plan }) => size === cell.size && plan === cell.plan) === i,
  );
}
