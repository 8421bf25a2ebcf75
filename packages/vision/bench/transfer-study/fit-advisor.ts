/**
 * Fits the advisor's few numbers to known tasks, and says how good its advice is on tasks that it was not fitted on: each
 * target in turn is left out, everything is fitted on the others, and the advice for the left-out one is compared with the
 * best plan that was tried there. Advice is given for every draw of images to learn from, as a user has one.
 */
import type { Evidence, Thresholds } from '@attune/vision';
import { EARLIER_LAYER, rankPlans, scenarioOf, worthTrying } from '@attune/vision';
import type { Draw, StudiedTask } from './known-tasks.ts';

export interface Judged {
  readonly target: string;
  readonly imagesPerClass: number;
  /** For each draw. */
  readonly advised: readonly string[];
  readonly best: string;
  /** Accuracy of the best plan less that of the advised ones, the mean over draws. */
  readonly regret: number;
}

/** What advice rests on besides known tasks: nothing, a probe on an earlier layer, or trials of some plans too. */
export type Trying = 'nothing' | 'earlier layer' | 'plans';

/** Plans that are tried besides the probes: what `attune advise` does by default. */
export const TRIED_PLANS = 5;

const WIDTHS = { imagesPerClass: [0.5, 1, 2], shift: [0.5, 1, 2, 4] } as const;
const CAUTIONS = [0, 0.25, 0.5, 1];

/** Plans that are advised: which block to tune surgically was chosen by trials, which advice has not had. */
const isAdvised = (plan: string) => plan !== 'surgical';

/** Minimises the mean regret of advice with trials on targets left out, over a small grid. */
export function fitThresholds(tasks: readonly StudiedTask[]): Thresholds {
  const axes = fitAxes(tasks);
  const candidates = WIDTHS.imagesPerClass.flatMap((imagesPerClass) =>
    WIDTHS.shift.flatMap((shift) =>
      CAUTIONS.map((caution): Thresholds => ({ ...axes, widths: { imagesPerClass, shift }, caution })),
    ),
  );
  return least(candidates, (thresholds) =>
    mean(tasks.map((task) => judge(task, { cells: tasks, thresholds }, 'plans', task.target).regret)),
  );
}

/** Advice for every task, fitted without its target. */
export function judgeLeavingOut(tasks: readonly StudiedTask[], trying: Trying): Judged[] {
  const targets = [...new Set(tasks.map(({ target }) => target))];
  return targets.flatMap((target) => {
    const others = tasks.filter((task) => task.target !== target);
    const evidence = { cells: others, thresholds: fitThresholds(others) };
    return tasks.filter((task) => task.target === target).map((task) => judge(task, evidence, trying));
  });
}

/** Advice as it is given: fitted on all tasks, the very target's among them. */
export function judgeKnown(tasks: readonly StudiedTask[], trying: Trying): Judged[] {
  const evidence = { cells: tasks, thresholds: fitThresholds(tasks) };
  return tasks.map((task) => judge(task, evidence, trying));
}

/** The review's rule on every task, its two thresholds fitted without the task's target. */
export function judgeReview(tasks: readonly StudiedTask[]): Judged[] {
  return tasks.map((task) => {
    const axes = fitAxes(tasks.filter(({ target }) => target !== task.target));
    return judged(task, [reviewPlan(task, axes)]);
  });
}

/** One plan for all tasks; those where it was not measured are left out. */
export function judgeAlways(tasks: readonly StudiedTask[], plan: string): Judged[] {
  return tasks.filter(({ accuracy }) => accuracy[plan] !== undefined).map((task) => judged(task, [plan]));
}

function judge(task: StudiedTask, evidence: Evidence, trying: Trying, exclude?: string): Judged {
  return judged(
    task,
    task.draws.map((draw) => adviceFor(task, draw, evidence, trying, exclude)),
  );
}

/** As `adviseOnImages` goes about it, among the plans that were measured here. */
function adviceFor(task: StudiedTask, draw: Draw, evidence: Evidence, trying: Trying, exclude?: string): string {
  const measured = ({ plan }: { readonly plan: string }) => isAdvised(plan) && task.accuracy[plan] !== undefined;
  const traits = { ...task, ...draw.traits };
  const { probe } = draw;
  const known = rankPlans(traits, evidence, { probe, exclude }).filter(measured);
  const tried: readonly string[] = {
    nothing: [],
    'earlier layer': [EARLIER_LAYER],
    plans: [EARLIER_LAYER, ...worthTrying(known, TRIED_PLANS)],
  }[trying];
  const trials = draw.trials.filter(({ plan }) => tried.includes(plan));
  return rankPlans(traits, evidence, { probe, trials, exclude }).find(measured)!.plan;
}

function judged(task: StudiedTask, advised: readonly string[]): Judged {
  const { target, imagesPerClass, accuracy } = task;
  const [best, most] = Object.entries(accuracy).sort(([, a], [, b]) => b - a)[0]!;
  return { target, imagesPerClass, advised, best, regret: most - mean(advised.map((plan) => accuracy[plan]!)) };
}

/** Where small ends and large begins, and similar ends and different begins: by the least regret of the review's rule. */
function fitAxes(tasks: readonly StudiedTask[]): Thresholds {
  const sizes = between(tasks.map(({ imagesPerClass }) => imagesPerClass));
  const shifts = between(tasks.map(({ shift }) => shift ?? 1));
  const rest = { earlierGain: 0, widths: { imagesPerClass: 1, shift: 1 }, caution: 0 };
  const candidates = sizes.flatMap((imagesPerClass) =>
    shifts.map((shift): Thresholds => ({ ...rest, imagesPerClass, shift })),
  );
  return least(candidates, (axes) => mean(tasks.map((task) => judged(task, [reviewPlan(task, axes)]).regret)));
}

/** The review's plan, as if nothing were between two scenarios. */
function reviewPlan(task: StudiedTask, axes: Thresholds): string {
  const { size, likeness } = scenarioOf(task, axes);
  if (size.margin >= 1) return 'full';
  const plan = likeness.margin >= 1 ? EARLIER_LAYER : 'linear-probe';
  return task.accuracy[plan] === undefined ? 'linear-probe' : plan;
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
