/**
 * Which plan to take, from known tasks: the accuracy of every plan above that of a linear probe, averaged over measured
 * tasks with weights that fall with the distance to this one (Nadaraya-Watson regression). So close cases speak, far ones
 * hardly do, and a task between two scenarios hears both.
 */
import type { EvidenceCell, TaskTraits, Thresholds } from './evidence-types.ts';

export interface RankedPlan {
  readonly plan: string;
  /** Expected accuracy above that of the linear probe on the top layer; shares, so 0.01 is a point. */
  readonly gain: number;
  /** Standard error of it, from how much the known tasks differ; null where one of them decides. */
  readonly standardError: number | null;
}

/** Known tasks never differ less than this: a single one would else be believed blindly. */
const LEAST_VARIANCE = 0.02 ** 2;

/** The plan that gains are measured against. */
export const BASELINE = 'linear-probe';

/**
 * Plans by what they can be counted on for (the expected gain less its standard error), the best first: a plan whose gain
 * varies widely from task to task is a gamble.
 * @param exclude A target whose cells are not heard, for leave-one-out.
 * @throws RangeError when no known task is left to compare with.
 */
export function rankPlans(
  traits: TaskTraits,
  evidence: readonly EvidenceCell[],
  { widths }: Thresholds,
  exclude?: string,
): RankedPlan[] {
  const heard = evidence
    .filter(({ target, accuracy }) => target !== exclude && accuracy[BASELINE] !== undefined)
    .map((cell) => ({ cell, weight: kernel(traits, cell, widths) }));
  if (heard.length === 0) throw new RangeError('there is no known task to compare with');
  const plans = new Set(heard.flatMap(({ cell }) => Object.keys(cell.accuracy)));
  const ranked = [...plans].flatMap((plan): RankedPlan[] => {
    const measured = heard.filter(({ cell }) => cell.accuracy[plan] !== undefined);
    const total = measured.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return [];
    const gainOf = ({ accuracy }: EvidenceCell) => accuracy[plan]! - accuracy[BASELINE]!;
    const mean = measured.reduce((sum, { cell, weight }) => sum + weight * gainOf(cell), 0) / total;
    const squares = measured.reduce((sum, { cell, weight }) => sum + weight * (gainOf(cell) - mean) ** 2, 0) / total;
    const effective = total ** 2 / measured.reduce((sum, { weight }) => sum + weight ** 2, 0);
    const standardError = effective > 1 ? Math.sqrt(squares / (effective - 1)) : null;
    if (plan !== 'earlier-layer') return [{ plan, gain: mean, standardError }];
    // What an earlier layer gains is measured on this very data too, by cross-validation: on few images less surely than
    // known tasks tell it. Both are weighed by their precision.
    const [known, direct] = [1 / Math.max(squares, LEAST_VARIANCE), 1 / traits.earlierError ** 2];
    const gain = (known * mean + direct * traits.earlierGain) / (known + direct);
    return [{ plan, gain, standardError: 1 / Math.sqrt(known + direct) }];
  });
  return ranked.sort((a, b) => sure(b) - sure(a));
}

/** What a plan can be counted on for: its expected gain less a standard error. One that was measured once is never sure. */
function sure({ gain, standardError }: RankedPlan): number {
  return gain - (standardError ?? Number.POSITIVE_INFINITY);
}

function kernel(a: TaskTraits, b: TaskTraits, widths: Thresholds['widths']): number {
  const distances = [
    Math.log(a.imagesPerClass / b.imagesPerClass) / widths.imagesPerClass,
    (a.earlierGain - b.earlierGain) / widths.earlierGain,
    a.shift === undefined || b.shift === undefined ? 0 : Math.log(a.shift / b.shift) / widths.shift,
  ];
  // Never quite 0: where no known task is near, the nearest speak.
  return Math.max(Math.exp(-distances.reduce((sum, distance) => sum + distance ** 2, 0) / 2), 1e-12);
}
