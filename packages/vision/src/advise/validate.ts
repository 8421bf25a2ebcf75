/** Was the advice right? The recommended plan and the alternatives are run on the data, and their accuracies compared. */
import type { TuneVisionOptions } from '../tune.ts';
import { tuneVision } from '../tune.ts';
import type { VisionAdvice } from './advise-vision.ts';

export interface ValidateOptions
  extends Pick<
    TuneVisionOptions,
    'dataDirectories' | 'weightsFile' | 'featureCache' | 'progress' | 'signal' | 'onPrepare'
  > {
  readonly advice: VisionAdvice;
  readonly from: string;
  readonly size?: number | undefined;
  /** Each plan is run with every seed. */
  readonly seeds: readonly number[];
  /** Called before a run. */
  readonly onRun?: (plan: string, seed: number, done: number, total: number) => void;
}

export interface TriedPlan {
  readonly plan: string;
  /** On the test split, by seed, in [0, 1]. */
  readonly accuracies: readonly number[];
  readonly mean: number;
  /** Of training, the mean over seeds. */
  readonly seconds: number;
}

export interface Validation {
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

/** The recommended plan, the runner-up, what the review says, and the two ends: a probe and full fine-tuning. */
export function plansToTry({ ranking, recommended, scenario, depth }: VisionAdvice): string[] {
  const review = ranking.find(({ plan }) => plan === scenario.reviewPlan)?.name;
  const names = [recommended.name, ranking[1]?.name, review, 'linear-probe', 'full'];
  if (depth.length > 1) names.push(ranking.find(({ plan }) => plan === 'earlier-layer')?.name);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** @throws UserError as `tuneVision`. */
export async function validateAdvice(options: ValidateOptions): Promise<Validation> {
  const { advice, seeds, from, size, onRun, ...shared } = options;
  const plans = plansToTry(advice);
  const tried: TriedPlan[] = [];
  let done = 0;
  for (const plan of plans) {
    const accuracies: number[] = [];
    let seconds = 0;
    for (const seed of seeds) {
      onRun?.(plan, seed, done++, plans.length * seeds.length);
      const run = await tuneVision({
        ...shared,
        data: advice.data,
        from,
        plan,
        seed,
        settings: size === undefined ? {} : { size },
      });
      run.network.dispose();
      accuracies.push((run.test ?? run.validation)!.metrics.accuracy);
      seconds += run.record.result!.seconds / seeds.length;
    }
    tried.push({ plan, accuracies, mean: accuracies.reduce((sum, value) => sum + value, 0) / seeds.length, seconds });
  }
  tried.sort((a, b) => b.mean - a.mean);
  const regret = tried[0]!.mean - tried.find(({ plan }) => plan === advice.recommended.name)!.mean;
  return { tried, best: tried[0]!.plan, regret, right: regret <= RIGHT_WITHIN };
}
