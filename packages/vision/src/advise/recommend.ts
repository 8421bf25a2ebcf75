/**
 * Which plan to take: what known tasks make one expect of it, corrected by trials on the data at hand.
 *
 *   prior       gain over a linear probe on known tasks, weighted by their likeness to this one (Nadaraya-Watson)
 *   trial       gain on images at hand that were left out of training, where the plan was tried
 *   posterior   both, by their precision: the normal prior's update (empirical Bayes)
 *
 * So where images are few, and trials unsure, known tasks decide; where trials are sure, they do. All gains are angles
 * (`room.ts`), so that a known task where much was left to gain promises little where little is left.
 */
import type { Evidence, EvidenceCell, TaskTraits, Thresholds, Trial } from './evidence-types.ts';
import { UPDATE_COSTS } from './plan-time.ts';
import { angleBetween, gainFrom } from './room.ts';

export interface RankedPlan {
  readonly plan: string;
  /** Expected accuracy above that of the linear probe on the top layer, at most what the probe leaves; shares, so 0.01 is a point. */
  readonly gain: number;
  /** How far the gain on this task may well be from that: one standard deviation; shares. */
  readonly standardError: number;
  /** What it gained in trials here; null where it was not tried. */
  readonly trial: number | null;
}

/** The plan that gains are measured against. */
export const BASELINE = 'linear-probe';

/** A probe on the layer below the top that does best in cross-validation. */
export const EARLIER_LAYER = 'earlier-layer';

/** An angle of a point where half of the images are right. */
const POINT = angleBetween(0.5, 0.51);
/** Tasks never differ less than this, though a few known ones may agree. */
const LEAST_VARIANCE = POINT ** 2;
/** Trials learn from fewer images, in fewer updates: they are off by about this, however many images they are scored on. */
const TRIAL_VARIANCE = POINT ** 2;
/** Known tasks that speak with this many voices or fewer say nothing of how much tasks differ. */
const FEWEST_VOICES = 1.5;

export interface RankOptions {
  /**
   * Accuracy of a linear probe on images at hand that it was not trained on: no plan is expected to gain more than it leaves.
   * Default: that of the trials, or else of known tasks, by their likeness.
   */
  readonly probe?: number | undefined;
  /** Default: none. */
  readonly trials?: readonly Trial[];
  /** A target whose cells are not heard, for leave-one-out. */
  readonly exclude?: string | undefined;
}

/**
 * Plans by what they can be counted on for (the expected gain less the thresholds' `caution` standard errors), the best
 * first, of equals the cheapest: a plan whose gain varies widely from task to task is a gamble, and where the probe leaves
 * nothing to gain, there is no reason for another plan.
 * @throws RangeError when no known task is left to compare with.
 */
export function rankPlans(traits: TaskTraits, evidence: Evidence, options: RankOptions = {}): RankedPlan[] {
  const { trials = [], exclude } = options;
  const { widths, caution } = evidence.thresholds;
  const heard = evidence.cells
    .filter(({ target, accuracy }) => target !== exclude && accuracy[BASELINE] !== undefined)
    .map((cell) => ({ cell, weight: kernel(traits, cell, widths) }));
  if (heard.length === 0) throw new RangeError('there is no known task to compare with');
  const probe = trials[0]?.probe ?? options.probe ?? meanOf(heard, ({ accuracy }) => accuracy[BASELINE]!);
  const plans = new Set(heard.flatMap(({ cell }) => Object.keys(cell.accuracy)));
  const ranked = [...plans].map((plan) => {
    if (plan === BASELINE) return { plan, gain: 0, standardError: 0, trial: null, countedOn: 0 };
    const known = prior(heard, plan);
    const trial = trials.find((each) => each.plan === plan);
    const { angle, deviation } = trial === undefined ? known : posterior(known, trial);
    const points = (deviations: number) => gainFrom(probe, angle + deviations * deviation);
    return {
      plan,
      gain: points(0),
      standardError: (points(1) - points(-1)) / 2,
      trial: trial?.gain ?? null,
      countedOn: points(-caution),
    };
  });
  return ranked
    .sort((a, b) => b.countedOn - a.countedOn || costOf(a.plan) - costOf(b.plan))
    .map(({ countedOn: _, ...plan }) => plan);
}

/** Of an update; that of the head alone is next to nothing, the more so where there is no layer to choose. */
function costOf(plan: string): number {
  if (plan === BASELINE) return 0;
  return plan === EARLIER_LAYER ? Number.MIN_VALUE : (UPDATE_COSTS[plan] ?? UPDATE_COSTS.full!);
}

/**
 * Plans that are worth a trial: those that may well be the best, by gain and standard error, not least because little is
 * known of them. The probes are not among them: they cost next to nothing, and are always tried.
 */
export function worthTrying(ranking: readonly RankedPlan[], count: number): string[] {
  const promise = ({ gain, standardError }: RankedPlan) => gain + standardError;
  return ranking
    .filter(({ plan }) => plan !== BASELINE && plan !== EARLIER_LAYER)
    .sort((a, b) => promise(b) - promise(a))
    .slice(0, count)
    .map(({ plan }) => plan);
}

/** Of a gain as an angle, radians: what is expected, and a standard deviation. */
interface Belief {
  readonly angle: number;
  readonly deviation: number;
}

interface Heard {
  readonly cell: EvidenceCell;
  readonly weight: number;
}

/** The mean over known tasks, and how far a further task may be from it: their own spread, and the mean's error. */
function prior(heard: readonly Heard[], plan: string): Belief {
  const known = heard.filter(({ cell }) => cell.accuracy[plan] !== undefined);
  const gainIn = ({ accuracy }: EvidenceCell) => angleBetween(accuracy[BASELINE]!, accuracy[plan]!);
  const angle = meanOf(known, gainIn);
  const squares = meanOf(known, (cell) => (gainIn(cell) - angle) ** 2);
  const voices = sum(known.map(({ weight }) => weight)) ** 2 / sum(known.map(({ weight }) => weight ** 2));
  const spread = voices <= FEWEST_VOICES ? UNKNOWN_VARIANCE : (squares * (voices + 1)) / (voices - 1);
  return { angle, deviation: Math.sqrt(spread + LEAST_VARIANCE) };
}

/** Of a plan that one task alone speaks for: it may gain or lose some twenty points. */
const UNKNOWN_VARIANCE = (20 * POINT) ** 2;

function posterior(known: Belief, { angle, standardError }: Trial): Belief {
  const [a, b] = [1 / known.deviation ** 2, 1 / (standardError ** 2 + TRIAL_VARIANCE)];
  return { angle: (a * known.angle + b * angle) / (a + b), deviation: 1 / Math.sqrt(a + b) };
}

function meanOf(heard: readonly Heard[], value: (cell: EvidenceCell) => number): number {
  return sum(heard.map(({ cell, weight }) => weight * value(cell))) / sum(heard.map(({ weight }) => weight));
}

function kernel(a: TaskTraits, b: TaskTraits, widths: Thresholds['widths']): number {
  const distances = [
    Math.log(a.imagesPerClass / b.imagesPerClass) / widths.imagesPerClass,
    a.shift === undefined || b.shift === undefined ? 0 : Math.log(a.shift / b.shift) / widths.shift,
  ];
  // Never quite 0: where no known task is near, the nearest speak.
  return Math.max(Math.exp(-sum(distances.map((distance) => distance ** 2)) / 2), 1e-12);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
