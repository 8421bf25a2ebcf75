/** Was the advice right? The recommended plan and the alternatives are run on the data, and their accuracies compared. */
import { UserError } from '@attune/core';
import type { TuneVisionOptions } from '../tune.ts';
import { tuneVision } from '../tune.ts';
import type { Advice } from './advise.ts';
import type { VisionAdvice } from './advise-vision.ts';

export interface ValidateOptions
  extends Pick<
    TuneVisionOptions,
    'dataDirectories' | 'weightsFile' | 'settings' | 'onBroken' | 'featureCache' | 'progress' | 'signal' | 'onPrepare'
  > {
  readonly advice: VisionAdvice;
  /** Name of the network in the catalogue that was asked about. */
  readonly from: string;
  /** Each plan is run with every seed: at least one. */
  readonly seeds: readonly number[];
  /** Called before a run. */
  readonly onRun?: (plan: string, seed: number, done: number, total: number) => void;
}

export interface TriedPlan {
  readonly plan: string;
  /** By seed, in [0, 1]. */
  readonly accuracies: readonly number[];
  readonly mean: number;
  /** Of training, the mean over seeds. */
  readonly seconds: number;
}

export interface Validation {
  /** What accuracies are measured on: the validation split where there are no images to test with. */
  readonly split: 'test' | 'validation';
  /** Images of that split. */
  readonly images: number;
  /** The best first. */
  readonly tried: readonly TriedPlan[];
  readonly best: string;
  /** Accuracy of the best plan less that of the recommended one. */
  readonly regret: number;
  /** Whether the regret is at most `RIGHT_WITHIN`. */
  readonly right: boolean;
}

/** Advice that costs no more than a point is right. */
export const RIGHT_WITHIN = 0.01;

/** Names of the recommended plan, the runner-up, what the review says, and what is always worth knowing: both probes, full tuning. */
export function plansToTry({ ranking, recommended, scenario }: Pick<Advice, 'ranking' | 'recommended' | 'scenario'>) {
  const nameOf = (known: string | undefined) => ranking.find(({ plan }) => plan === known)?.name;
  const names = [recommended.name, ranking[1]?.name, nameOf(scenario.reviewPlan)];
  names.push('linear-probe', 'full', nameOf('earlier-layer'));
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** @throws UserError as `tuneVision`, and where the data has no images to compare plans on. */
export async function validateAdvice(options: ValidateOptions): Promise<Validation> {
  const { advice, seeds, from, onRun, ...shared } = options;
  const split = advice.examples.test > 0 ? 'test' : 'validation';
  const images = advice.examples[split];
  if (images === 0)
    throw new UserError(
      `${advice.data} has no images to test or validate with: plans cannot be compared.`,
      'Add images: a class of three has one of each.',
    );
  const plans = plansToTry(advice);
  const tried: TriedPlan[] = [];
  let done = 0;
  for (const plan of plans) {
    const accuracies: number[] = [];
    let seconds = 0;
    for (const seed of seeds) {
      onRun?.(plan, seed, done++, plans.length * seeds.length);
      const run = await tuneVision({ ...shared, data: advice.data, from, plan, seed });
      run.network.dispose();
      accuracies.push(run[split]!.metrics.accuracy);
      seconds += run.record.result!.seconds / seeds.length;
    }
    tried.push({ plan, accuracies, mean: accuracies.reduce((sum, value) => sum + value, 0) / seeds.length, seconds });
  }
  tried.sort((a, b) => b.mean - a.mean);
  const regret = tried[0]!.mean - tried.find(({ plan }) => plan === advice.recommended.name)!.mean;
  // A difference of a point stays one in floating point.
  return { split, images, tried, best: tried[0]!.plan, regret, right: regret <= RIGHT_WITHIN + 1e-9 };
}
