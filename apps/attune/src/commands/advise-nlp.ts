/** `attune advise nlp`: which scenario of transfer a set of texts is in, the evidence, and the plans that it speaks for. */
import { describePlan, UserError } from '@attune/core';
import { adviseTexts, namedTextPlan, type TextAdvice } from '@attune/nlp';
import type { ReadingOptions } from '../declare/text-options.ts';
import { DEFAULT_TEXTS, locateData } from '../input/data-sets.ts';
import { featureCache } from '../input/feature-cache.ts';
import { readingOf } from '../input/reading.ts';
import { locateTextModel, TINY_BERT } from '../input/text-models.ts';
import { depthTable } from '../terminal/depth-table.ts';
import { duration } from '../terminal/duration.ts';
import { paragraph } from '../terminal/paragraph.ts';
import { prepareProgress } from '../terminal/prepare-progress.ts';
import { shellCommand } from '../terminal/shell-command.ts';
import { list, percent } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export interface AdviseNlpCommandOptions extends CommandOptions, ReadingOptions {
  readonly data?: string;
  readonly from?: string;
  readonly sourceData?: string;
  readonly offline?: boolean;
  readonly seed: number;
  readonly cache: boolean;
}

export async function adviseNlpCommand(options: AdviseNlpCommandOptions): Promise<void> {
  const output = outputOf(options);
  const data = await locateData(options.data ?? DEFAULT_TEXTS);
  if (options.from === undefined && options.data !== undefined)
    throw new UserError(
      'Advice is on a source, and none is named.',
      `Name it with --from: a run, the folder of an encoder, a name on the Hugging Face hub, or ${TINY_BERT}.`,
    );
  const from = await locateTextModel(options.from ?? TINY_BERT);
  await backendOf(options);
  const prepared = prepareProgress();
  const advice = await adviseTexts({
    data,
    reading: readingOf(options),
    from,
    seed: options.seed,
    offline: options.offline,
    sourceData: options.sourceData === undefined ? undefined : await locateData(options.sourceData),
    featureCache: options.cache ? featureCache() : undefined,
    ...(options.quiet === true
      ? {}
      : { onProgress: prepared, onDownload: ({ loaded, total }) => prepared('downloads', loaded, total) }),
  });
  for (const warning of advice.warnings) output.note(`warning: ${warning}`);
  output.result(advice, adviceText(advice, nextCommand(advice, options)));
}

function nextCommand({ recommended }: TextAdvice, options: AdviseNlpCommandOptions): string {
  const { data, text, pair, label, from = TINY_BERT, seed } = options;
  const given = { data, text, pair, label, from, plan: recommended.plan, seed: seed === 0 ? undefined : seed };
  return shellCommand('attune tune nlp', given);
}

/** Classes whose counts are shown. */
const MOST_CLASSES = 12;

function adviceText(advice: TextAdvice, next: string): string {
  const { classes, perClass, examples, words, distance, scenario, depth, scores, recommended, plans, best } = advice;
  const counts = classes.map((name, i) => `${name} ${perClass[i]}`);
  const rest = counts.length - MOST_CLASSES;
  const shown = rest > 0 ? [...counts.slice(0, MOST_CLASSES), `and ${rest} more classes`] : counts;
  const unknown = words.unknown === null ? '' : `; the source has no vector for ${percent(words.unknown)} of them`;
  return [
    paragraph(
      'data',
      `${examples.train} ${advice.pairs ? 'pairs of texts' : 'texts'} to learn from, ${classes.length} classes: ${shown.join(', ')}`,
    ),
    paragraph('words', `${words.types} different ones, ${words.running} in all${unknown}`),
    ...(distance === null
      ? []
      : [
          paragraph(
            'distance',
            `to the source's texts: ${percent(distance.vocabularyOverlap)} of the words are shared, ${percent(distance.unknownWords)} of the running words are not the source's, Jensen-Shannon divergence of words ${distance.unigramDivergence.toFixed(3)} and of neighbours ${distance.bigramDivergence.toFixed(3)} bits (0: the same, 1: nothing shared; no threshold is known)`,
          ),
        ]),
    paragraph(
      'size',
      `${scenario.size === 'between' ? 'between small and large' : scenario.size}: ${scenario.reasons.size}`,
    ),
    paragraph(
      'likeness',
      `${scenario.likeness === 'between' ? 'between alike and unlike' : scenario.likeness}: ${scenario.reasons.likeness}`,
    ),
    '',
    ...(depth.length === 0
      ? []
      : [
          paragraph(
            'layers',
            `measured: accuracy of a linear probe on each, cross-validated on ${advice.measured} texts (the most frequent class alone: ${percent(advice.chance)})`,
          ),
          depthTable(depth, best!.layer),
          paragraph(
            'scores',
            `of the top layer, greater is better: ${Object.entries(scores!)
              .map(([name, value]) => `${name} ${value.toFixed(3)}`)
              .join(', ')}`,
          ),
          '',
        ]),
    paragraph('plan', recommended.plan),
    paragraph('', describePlan(namedTextPlan(recommended.plan)).replace(/^[^:]*: /, '')),
    paragraph('why', `${recommended.why} (${recommended.basis === 'paper' ? 'from the paper' : 'seen here'})`),
    list([
      ['  plan', 'time here', 'rests on', ''],
      ...plans.map(({ plan, seconds, basis, why }) => [
        `  ${plan}`,
        seconds === null ? '-' : duration(seconds),
        basis === 'paper' ? 'a paper' : 'these texts',
        why,
      ]),
    ]),
    paragraph(
      '',
      'Times are of training, from a few updates here, and without early stopping. None of the plans was tried.',
    ),
    '',
    // Not broken: it is to be copied.
    `next      ${next}`,
  ].join('\n');
}
