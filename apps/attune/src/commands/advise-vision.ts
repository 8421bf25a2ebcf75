/** `attune advise vision`: which scenario of transfer a data set is in, the evidence, and the plan that it speaks for. */
import { describePlan, namedPlan } from '@attune/core';
import { adviseVision, type Validation, type VisionAdvice, validateAdvice } from '@attune/vision';
import { DEFAULT_DATA, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { DEFAULT_MODEL, WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { percent, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface AdviseVisionCommandOptions extends CommandOptions {
  readonly data?: string;
  readonly from?: string;
  readonly weights?: string;
  readonly size?: number;
  readonly seed: number;
  readonly sourceData?: string;
  readonly validate?: boolean;
  readonly seeds: number;
  readonly onBroken: 'skip' | 'refuse';
  readonly cache: boolean;
}

export async function adviseVisionCommand(options: AdviseVisionCommandOptions): Promise<void> {
  const output = outputOf(options);
  const data = await locateData(options.data ?? DEFAULT_DATA);
  const from = options.from ?? DEFAULT_MODEL;
  await backendOf(options);
  const place = {
    from,
    size: options.size,
    weightsFile: options.weights,
    dataDirectories: WEIGHT_DIRECTORIES,
    ...(options.quiet === true ? {} : { onProgress: prepareProgress() }),
  };
  const advice = await adviseVision({
    ...place,
    data,
    seed: options.seed,
    onBroken: options.onBroken,
    sourceData: options.sourceData === undefined ? undefined : await locateData(options.sourceData),
    ...(options.cache ? { indexFolder: featureCache() } : {}),
  });
  for (const warning of advice.warnings) output.note(`warning: ${warning}`);
  if (options.validate !== true) return output.result(advice, adviceText(advice));

  // The advice is shown before what takes minutes.
  if (!output.json) output.note(`${adviceText(advice)}\n`);
  const seeds = Array.from({ length: options.seeds }, (_, i) => options.seed + i);
  const validation = await stopOnInterrupt('Stopped; runs that were finished are not kept.', (signal) =>
    validateAdvice({
      ...place,
      advice,
      seeds,
      signal,
      featureCache: options.cache ? featureCache() : undefined,
      onRun: (plan, seed, done, total) => output.note(`run ${done + 1} of ${total}: ${plan}, seed ${seed}`),
    }),
  );
  output.result({ ...advice, validation }, validationText(advice, validation));
}

const BAR = 40;

function adviceText(advice: VisionAdvice): string {
  const { traits, scenario, depth, best, scores, recommended, ranking, seconds } = advice;
  const counts = advice.classes.map((name, i) => `${name} ${advice.perClass[i]}`);
  const shown = counts.length > 12 ? [...counts.slice(0, 12), `and ${counts.length - 12} more`] : counts;
  const runnerUp = ranking[1];
  const points = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} points`;
  return [
    `data      ${advice.images} images to learn from, ${advice.classes.length} classes: ${shown.join(', ')}`,
    `size      ${scenario.size.side}: ${traits.imagesPerClass} images a class, ${scenario.size.margin.toFixed(2)} times the threshold`,
    `likeness  ${scenario.likeness.side} to what ${advice.network} was trained on: ${likenessText(advice)}`,
    `scenario  ${scenario.name}; the review: ${scenario.review}`,
    '',
    `accuracy of a linear probe by layer, cross-validated on ${advice.measured} images:`,
    table(
      depth.map(({ layer, accuracy, standardError }) => [
        `  ${layer}`,
        `${percent(accuracy)} ± ${(100 * standardError).toFixed(1)}`,
        '█'.repeat(Math.round(BAR * accuracy)).padEnd(BAR) + (layer === best.layer ? ' best' : ''),
      ]),
    ),
    '',
    `scores    ${Object.entries(scores)
      .map(([name, value]) => `${name} ${value.toFixed(3)}`)
      .join(', ')}`,
    '',
    `plan      ${recommended.name}: expected ${points(recommended.gain)} over a linear probe (± ${(100 * recommended.standardError).toFixed(1)})${
      runnerUp === undefined ? '' : `, ${points(recommended.gain - runnerUp.gain)} over ${runnerUp.name}`
    }`,
    `          ${describePlan(namedPlan(recommended.name)).replace(/^[^:]*: /, '')}`,
    'why       measured on known tasks, the more like this one the more they count:',
    table([
      ['  plan', 'expected over a probe', 'time here'],
      ...ranking.map((plan) => [
        `  ${plan.name}`,
        `${points(plan.gain)} ± ${(100 * plan.standardError).toFixed(1)}`,
        duration(seconds[plan.name]!),
      ]),
    ]),
    '',
    `next      attune tune vision --data ${advice.data} --from ${advice.network} --plan ${recommended.name}`,
  ].join('\n');
}

function likenessText({ traits, sourceHead, domain }: VisionAdvice): string {
  return [
    ...(traits.shift === undefined ? [] : [`shift of normalisation statistics ${traits.shift.toFixed(2)}`]),
    `earlier layers ${traits.earlierGain > 0 ? 'gain' : 'lose'} ${Math.abs(100 * traits.earlierGain).toFixed(1)} points`,
    ...(sourceHead
      ? [
          `LEEP ${sourceHead.LEEP.toFixed(2)}, NCE ${sourceHead.NCE.toFixed(2)}, its head is ${percent(sourceHead.confidence)} sure`,
        ]
      : []),
    ...(domain ? [`Frechet distance ${domain.frechet.toFixed(1)}, A-distance ${domain.aDistance.toFixed(2)}`] : []),
  ].join('; ');
}

function validationText({ recommended }: VisionAdvice, { tried, best, regret, right }: Validation): string {
  return [
    table([
      ['plan', 'accuracy', 'each seed', 'time'],
      ...tried.map(({ plan, mean, accuracies, seconds }) => [
        plan,
        percent(mean),
        accuracies.map((accuracy) => (100 * accuracy).toFixed(1)).join(', '),
        duration(seconds),
      ]),
    ]),
    right
      ? `The advice was right: ${recommended.name} is ${regret === 0 ? 'the best' : `within ${(100 * regret).toFixed(1)} points of the best`} of these.`
      : `The advice was wrong: ${best} is ${(100 * regret).toFixed(1)} points better than ${recommended.name}.`,
  ].join('\n');
}

function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
