/**
 * Fits the advisor's few numbers to known tasks, and says how good its advice is on tasks that it was not fitted on: each
 * target in turn is left out, everything is fitted on the others, and the advice for the left-out one is compared with the
 * best plan that was tried there.
 */
import type { EvidenceCell, Thresholds } from '@attune/vision';
import { rankPlans, scenarioOf } from '@attune/vision';

export interface Judged {
  readonly target: string;
  readonly imagesPerClass: number;
  readonly advised: string;
  readonly best: string;
  /** Accuracy of the best plan less that of the advised one. */
  readonly regret: number;
}

const WIDTHS = {
  imagesPerClass: [0.5, 1, 2],
  shift: [0.25, 0.5, 1, 2],
  earlierGain: [0.06, 0.12, 0.24],
} as const;

/** Plans that are advised: which block to tune surgically was chosen by trials, which advice has not had. */
const isAdvised = (plan: string) => plan !== 'surgical';

/** Minimises the mean regret of advice on targets left out, over a small grid. */
export function fitThresholds(cells: readonly EvidenceCell[]): Thresholds {
  const axes = fitAxes(cells);
  const candidates = WIDTHS.imagesPerClass.flatMap((imagesPerClass) =>
    WIDTHS.shift.flatMap((shift) =>
      WIDTHS.earlierGain.map(
        (earlierGain): Thresholds => ({ ...axes, widths: { imagesPerClass, shift, earlierGain } }),
      ),
    ),
  );
  return least(candidates, (thresholds) => mean(cells.map((cell) => judge(cell, cells, thresholds).regret)));
}

/** Advice for every cell, fitted without its target. */
export function judgeLeavingOut(cells: readonly EvidenceCell[]): Judged[] {
  const targets = [...new Set(cells.map(({ target }) => target))];
  return targets.flatMap((target) => {
    const others = cells.filter((cell) => cell.target !== target);
    const thresholds = fitThresholds(others);
    return cells.filter((cell) => cell.target === target).map((cell) => judge(cell, others, thresholds));
  });
}

/** Advice as it is given: fitted on all cells, the very target's among them. */
export function judgeKnown(cells: readonly EvidenceCell[]): Judged[] {
  const thresholds = fitThresholds(cells);
  return cells.map((cell) => judge(cell, cells, thresholds, null));
}

/** The review's rule on every cell, its two thresholds fitted without the cell's target. */
export function judgeReview(cells: readonly EvidenceCell[]): Judged[] {
  return cells.map((cell) => {
    const axes = fitAxes(cells.filter(({ target }) => target !== cell.target));
    return judged(cell, reviewPlan(cell, axes));
  });
}

function judge(
  cell: EvidenceCell,
  evidence: readonly EvidenceCell[],
  thresholds: Thresholds,
  exclude: string | null = cell.target,
): Judged {
  const ranked = rankPlans(cell, evidence, thresholds, exclude ?? undefined);
  return judged(cell, ranked.find(({ plan }) => isAdvised(plan) && cell.accuracy[plan] !== undefined)!.plan);
}

function judged(cell: EvidenceCell, advised: string): Judged {
  const { target, imagesPerClass, accuracy } = cell;
  const [best, most] = Object.entries(accuracy).sort(([, a], [, b]) => b - a)[0]!;
  return { target, imagesPerClass, advised, best, regret: most - accuracy[advised]! };
}

/** Where small ends and large begins, and similar ends and different begins: by the least regret of the review's rule. */
function fitAxes(cells: readonly EvidenceCell[]): Thresholds {
  const sizes = between(cells.map(({ imagesPerClass }) => imagesPerClass));
  const shifts = between(cells.map(({ shift }) => shift ?? 1));
  const widths = { imagesPerClass: 0.7, shift: 0.6, earlierGain: 0.05 };
  const candidates = sizes.flatMap((imagesPerClass) =>
    shifts.map((shift): Thresholds => ({ imagesPerClass, shift, earlierGain: 0, widths })),
  );
  return least(candidates, (axes) => mean(cells.map((cell) => judged(cell, reviewPlan(cell, axes)).regret)));
}

/** The review's plan, as if nothing were between two scenarios. */
function reviewPlan(cell: EvidenceCell, axes: Thresholds): string {
  const { size, likeness } = scenarioOf(cell, axes);
  if (size.margin >= 1) return 'full';
  const plan = likeness.margin >= 1 ? 'earlier-layer' : 'linear-probe';
  return cell.accuracy[plan] === undefined ? 'linear-probe' : plan;
}

/** Geometric means of neighbouring values. */
function between(values: readonly number[]): number[] {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const middles = sorted.slice(1).map((value, i) => Math.sqrt(value * sorted[i]!));
  return middles.length > 0 ? middles : sorted;
}

function least<Item>(items: readonly Item[], cost: (item: Item) => number): Item {
  const costs = items.map(cost);
  return items[costs.indexOf(Math.min(...costs))]!;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
