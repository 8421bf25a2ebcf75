/**
 * What a sweep of learning rates says: the loss by learning rate, smoothed, and where on it to train. Smith 2015,
 * arXiv:1506.01186; the smoothing, the end of the sweep and the names of the suggestions are those of fastai.
 */
import { UserError } from '../errors.ts';

export interface LearningRatePoint {
  readonly learningRate: number;
  /** What was minimised, of this update's examples, before it. */
  readonly loss: number;
  /** Exponential mean of the losses so far, corrected for its beginning. */
  readonly smoothed: number;
}

/** Learning rates, each by a rule of its own; `valley` is the one to begin with. */
export interface LearningRateSuggestions {
  /** Where the smoothed loss falls fastest, by the logarithm of the rate. */
  readonly steepest: number;
  /** A tenth of the rate of the least smoothed loss. */
  readonly minimum: number;
  /** In the middle of the longest fall of the smoothed losses. */
  readonly valley: number;
}

/** Share of the mean that each new loss does not replace. */
const SMOOTHING = 0.98;
/** A sweep ends when the smoothed loss is above the least one times this. */
const DIVERGED = 4;
/** Suggestions leave out this share at the beginning, where the mean is young, and the points where the sweep diverges. */
const LEFT_OUT_BEFORE = 0.1;
const LEFT_OUT_AFTER = 5;
const FEWEST_POINTS = 5;

/** Learning rates of a sweep: `steps` of them, each the one before times the same factor. */
export function sweptRates(from: number, to: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, i) => from * (to / from) ** (i / (steps - 1)));
}

/** The curve as it grows. */
export class LearningRateCurve {
  readonly points: LearningRatePoint[] = [];
  private mean = 0;
  private least = Number.POSITIVE_INFINITY;

  /** @returns Whether to go on: the loss is finite, and not above four times the least. */
  add(learningRate: number, loss: number): boolean {
    if (!Number.isFinite(loss)) return false;
    this.mean = SMOOTHING * this.mean + (1 - SMOOTHING) * loss;
    const smoothed = this.mean / (1 - SMOOTHING ** (this.points.length + 1));
    this.points.push({ learningRate, loss, smoothed });
    this.least = Math.min(this.least, smoothed);
    return smoothed <= DIVERGED * this.least;
  }
}

/**
 * @param points Of a sweep, in its order.
 * @param steps Of the whole sweep, had it not ended early.
 * @throws UserError when too few points are left to say anything.
 */
export function suggestLearningRates(points: readonly LearningRatePoint[], steps: number): LearningRateSuggestions {
  const used = points.slice(Math.floor(steps * LEFT_OUT_BEFORE), -LEFT_OUT_AFTER);
  if (used.length < FEWEST_POINTS)
    throw new UserError(
      `The loss diverged after ${points.length} of ${steps} learning rates: there is nothing to choose from.`,
      'Start the sweep lower, or look at the inputs: are they normalised as the network expects?',
    );
  const rates = used.map(({ learningRate }) => learningRate);
  const losses = used.map(({ smoothed }) => smoothed);
  const slopes = losses.slice(1).map((loss, i) => (loss - losses[i]!) / Math.log(rates[i + 1]! / rates[i]!));
  return {
    steepest: rates[indexOfLeast(slopes)]!,
    minimum: rates[indexOfLeast(losses)]! / 10,
    valley: rates[middleOfLongestFall(losses)]!,
  };
}

/**
 * Half the length of the longest falling subsequence before its end. It is measured back from the end, as if it had no gaps,
 * because on the flat, noisy beginning of a sweep a subsequence can reach far back.
 */
function middleOfLongestFall(losses: readonly number[]): number {
  const lengths = losses.map(() => 1);
  losses.forEach((loss, end) => {
    for (let before = 0; before < end; before++)
      if (losses[before]! > loss) lengths[end] = Math.max(lengths[end]!, lengths[before]! + 1);
  });
  const longest = Math.max(...lengths);
  return lengths.indexOf(longest) - Math.floor(longest / 2);
}

function indexOfLeast(values: readonly number[]): number {
  return values.reduce((least, value, i) => (value < values[least]! ? i : least), 0);
}
