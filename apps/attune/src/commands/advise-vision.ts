/** `attune advise vision`: which scenario of transfer a data set is in, the evidence, and the plan that it speaks for. */
import { describePlan, namedPlan } from '@attune/core';
import { BASELINE, type Recommendation, type Validation, type VisionAdvice, validateAdvice } from '@attune/vision';
import { DEFAULT_DATA, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { DEFAULT_MODEL, WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { depthTable } from '../terminal/depth-table.ts';
import { duration } from '../terminal/duration.ts';
import { stopOnInterrupt } from '../terminal/interrupt.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { shellCommand } from '../terminal/shell-command.ts';
import { percent, table } from '../terminal/table.ts';
import { askAdvice } from './ask-advice.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface AdviseVisionCommandOptions extends CommandOptions {
  readonly data?: string;
  readonly from?: string;
  readonly weights?: string;
  readonly size?: number;
  readonly seed: number;
  readonly sourceData?: string;
  readonly trials: number;
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
  const sourceData = options.sourceData === undefined ? undefined : await locateData(options.sourceData);
  const advice = await askAdvice({ ...options, data, from, sourceData, size: options.size });
  for (const { name, reason } of advice.skipped) output.note(`left out: ${name}: ${reason}`);
  for (const warning of advice.warnings) output.note(`warning: ${warning}`);
  const text = adviceText(advice, nextCommand(advice, options));
  if (options.validate !== true) return output.result(advice, text);

  // The advice is shown before what takes minutes.
  if (!output.json) process.stdout.write(`${text}\n\n`);
  const validation = await stopOnInterrupt('Stopped; runs that were finished are not kept.', (signal) =>
    validateAdvice({
      from,
      weightsFile: options.weights,
      dataDirectories: WEIGHT_DIRECTORIES,
      settings: options.size === undefined ? {} : { size: options.size },
      onBroken: options.onBroken,
      featureCache: options.cache ? featureCache() : undefined,
      advice,
      seeds: Array.from({ length: options.seeds }, (_, i) => options.seed + i),
      signal,
      onRun: (plan, seed, done, total) => output.note(`run ${done + 1} of ${total}: ${plan}, seed ${seed}`),
    }),
  );
  output.result({ ...advice, validation }, validationText(advice, validation));
}

/** What the user typed, with the advised plan in place. */
function nextCommand({ recommended }: VisionAdvice, options: AdviseVisionCommandOptions): string {
  const { data, from, weights, size, seed } = options;
  const given = { data, from, weights, plan: recommended.name, size, seed: seed === 0 ? undefined : seed };
  return shellCommand('attune tune vision', given);
}

/** Classes whose counts are shown. */
const MOST_CLASSES = 12;

function adviceText(advice: VisionAdvice, next: string): string {
  const { traits, scenario, depth, best, scores, recommended, ranking, seconds } = advice;
  const counts = advice.classes.map((name, i) => `${name} ${advice.perClass[i]}`);
  const rest = counts.length - MOST_CLASSES;
  const shown = rest > 0 ? [...counts.slice(0, MOST_CLASSES), `and ${rest} more classes`] : counts;
  const { size, likeness } = scenario;
  return [
    paragraph('data', `${advice.images} images to learn from, ${advice.classes.length} classes: ${shown.join(', ')}`),
    paragraph(
      'size',
      `${sideText(size.side, 'small and large')}: ${traits.imagesPerClass} images a class, ${size.margin.toFixed(2)} times the threshold`,
    ),
    paragraph(
      'likeness',
      `${sideText(likeness.side, 'similar and different')} to what ${advice.network} was trained on, ${likeness.margin.toFixed(2)} times the threshold: ${likenessText(advice)}`,
    ),
    paragraph('scenario', `${scenario.name}; the review: ${scenario.review}`),
    '',
    paragraph(
      'layers',
      `accuracy of a linear probe on each, cross-validated on ${advice.measured} images (the most frequent class alone: ${percent(advice.chance)})`,
    ),
    depthTable(depth, best.layer),
    paragraph(
      'scores',
      `of the top layer, greater is better: ${Object.entries(scores)
        .map(([name, value]) => `${name} ${value.toFixed(3)}`)
        .join(', ')}`,
    ),
    '',
    paragraph('plan', recommendationText(advice)),
    paragraph('', describePlan(namedPlan(recommended.name)).replace(/^[^:]*: /, '')),
    paragraph('why', whyText(advice)),
    table([
      ['  plan', 'expected over a linear probe', 'in trials', 'time here'],
      ...ranking.map((plan) => [
        `  ${plan.name}`,
        gainText(plan),
        plan.trial === null ? '' : points(plan.trial),
        duration(seconds[plan.name]!),
      ]),
    ]),
    '',
    // Not broken: it is to be copied.
    `next      ${next}`,
  ].join('\n');
}

function sideText(side: string, both: string): string {
  return side === 'between' ? `between ${both}` : side;
}

function points(share: number): string {
  return `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} points`;
}

/** Nothing for the probe itself, which gains are measured against. */
function gainText({ plan, gain, standardError }: Recommendation): string {
  if (plan === BASELINE) return '–';
  return `${points(gain)} ± ${(100 * standardError).toFixed(1)}`;
}

function recommendationText({ recommended, ranking }: VisionAdvice): string {
  const gains = [
    ...(recommended.plan === BASELINE ? [] : [`${gainText(recommended)} over a linear probe`]),
    ...ranking
      .slice(1, 2)
      .filter(({ plan }) => plan !== BASELINE || recommended.plan === BASELINE)
      .map(({ name, gain }) => `${points(recommended.gain - gain)} against the runner-up, ${name}`),
  ];
  return gains.length === 0 ? recommended.name : `${recommended.name}: expected ${gains.join(', ')}`;
}

function whyText({ trials }: VisionAdvice): string {
  const known = 'so the plans did on known tasks, the more like this one the more they count';
  return trials.length === 0 ? `${known}:` : `${known}, and in trials on images that were left out here:`;
}

function likenessText({ traits, sourceHead, domain }: VisionAdvice): string {
  return [
    ...(traits.shift === undefined ? [] : [`shift of normalisation statistics ${traits.shift.toPrecision(2)}`]),
    `the best earlier layer ${points(traits.earlierGain)} against the top one`,
    ...(sourceHead
      ? [
          `LEEP ${sourceHead.LEEP.toFixed(2)}, NCE ${sourceHead.NCE.toFixed(2)}, its head is ${percent(sourceHead.confidence)} sure`,
        ]
      : []),
    ...(domain ? [`Frechet distance ${domain.frechet.toFixed(1)}, A-distance ${domain.aDistance.toFixed(2)}`] : []),
  ].join('; ');
}

function validationText({ recommended }: VisionAdvice, validation: Validation): string {
  const { split, images, tried, best, regret, right } = validation;
  const verdict = right
    ? `The advice was right: ${recommended.name} is ${regret === 0 ? 'the best' : `within ${(100 * regret).toFixed(1)} points of the best`} of these.`
    : `The advice was wrong: ${best} is ${(100 * regret).toFixed(1)} points better than ${recommended.name}.`;
  return [
    table([
      ['plan', `accuracy on ${images} ${split} images`, 'each seed', 'training'],
      ...tried.map(({ plan, mean, accuracies, seconds }) => [
        plan,
        percent(mean),
        accuracies.map(percent).join(', '),
        duration(seconds),
      ]),
    ]),
    verdict,
    `Chance alone moves an accuracy on ${images} images by ± ${(100 * Math.sqrt((tried[0]!.mean * (1 - tried[0]!.mean)) / images)).toFixed(1)} points: --seeds 3 tells more.`,
  ].join('\n');
}
