/**
 * Which plan to take: what known tasks make one expect of it, corrected by trials on the data at hand.
 *
 *   prior       gain over a linear probe on known tasks, weighted by their likeness to this one (Nadaraya-Watson)
 *   trial       gain on images at hand that were left out of training, where the plan was tried
 *   posterior   both, by their precision: the normal prior's update (empirical Bayes)
 *
 * So where images are few, and trials unsure, known tasks decide; where trials are sure, they do.
 */
import type { Evidence, EvidenceCell, TaskTraits, Thresholds, Trial } from './evidence-types.ts';

export interface RankedPlan {
  readonly plan: string;
  /** Expected accuracy above that of the linear probe on the top layer; shares, so 0.01 is a point. */
  readonly gain: number;
  /** How far the gain on this task may well be from that: one standard deviation. */
  readonly standardError: number;
  /** What it gained in trials here; null where it was not tried. */
  readonly trial: number | null;
}

/** The plan that gains are measured against. */
export const BASELINE = 'linear-probe';

/** A probe on the layer below the top that does best in cross-validation. */
export const EARLIER_LAYER = 'earlier-layer';

/** Tasks never differ less than this, though a few known ones may agree. */
const LEAST_VARIANCE = 0.01 ** 2;
/** Trials learn from fewer images, in fewer updates: they are off by about this, however many images they are scored on. */
const TRIAL_VARIANCE = 0.01 ** 2;
/** Known tasks that speak with this many voices or fewer say nothing of how much tasks differ. */
const FEWEST_VOICES = 1.5;

export interface RankOptions {
  /** Default: none. */
  readonly trials?: readonly Trial[];
  /** A target whose cells are not heard, for leave-one-out. */
  readonly exclude?: string | undefined;
}

/**
 * Plans by what they can be counted on for (the expected gain less the thresholds' `caution` standard errors), the best
 * first: a plan whose gain varies widely from task to task is a gamble.
 * @throws RangeError when no known task is left to compare with.
 */
export function rankPlans(traits: TaskTraits, evidence: Evidence, options: RankOptions = {}): RankedPlan[] {
  const { trials = [], exclude } = options;
  const { widths, caution } = evidence.thresholds;
  const heard = evidence.cells
    .filter(({ target, accuracy }) => target !== exclude && accuracy[BASELINE] !== undefined)
    .map((cell) => ({ cell, weight: kernel(traits, cell, widths) }));
  if (heard.length === 0) throw new RangeError('there is no known task to compare with');
  const plans = new Set(heard.flatMap(({ cell }) => Object.keys(cell.accuracy)));
  const ranked = [...plans].map((plan): RankedPlan => {
    if (plan === BASELINE) return { plan, gain: 0, standardError: 0, trial: null };
    const known = prior(heard, plan);
    const trial = trials.find((each) => each.plan === plan);
    return { plan, ...(trial === undefined ? known : posterior(known, trial)), trial: trial?.gain ?? null };
  });
  const countedOn = ({ gain, standardError }: RankedPlan) => gain - caution * standardError;
  return ranked.sort((a, b) => countedOn(b) - countedOn(a));
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

type Belief = Pick<RankedPlan, 'gain' | 'standardError'>;

interface Heard {
  readonly cell: EvidenceCell;
  readonly weight: number;
}

/** The mean over known tasks, and how far a further task may be from it: their own spread, and the mean's error. */
function prior(heard: readonly Heard[], plan: string): Belief {
  const known = heard.flatMap(({ cell: { accuracy }, weight }) => {
    const measured = accuracy[plan];
    return measured === undefined ? [] : [{ gain: measured - accuracy[BASELINE]!, weight }];
  });
  const total = sum(known.map(({ weight }) => weight));
  const gain = sum(known.map((each) => each.weight * each.gain)) / total;
  const squares = sum(known.map((each) => each.weight * (each.gain - gain) ** 2)) / total;
  const voices = total ** 2 / sum(known.map(({ weight }) => weight ** 2));
  const spread = voices <= FEWEST_VOICES ? UNKNOWN_VARIANCE : (squares * (voices + 1)) / (voices - 1);
  return { gain, standardError: Math.sqrt(spread + LEAST_VARIANCE) };
}

/** Of a plan that one task alone speaks for: it may gain or lose twenty points. */
const UNKNOWN_VARIANCE = 0.2 ** 2;

function posterior(known: Belief, trial: Trial): Belief {
  const [a, b] = [1 / known.standardError ** 2, 1 / (trial.standardError ** 2 + TRIAL_VARIANCE)];
  return { gain: (a * known.gain + b * trial.gain) / (a + b), standardError: 1 / Math.sqrt(a + b) };
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
