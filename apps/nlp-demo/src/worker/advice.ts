/** What the data advises: how much there is, how like the source's its words are, and what the paper found for such a pair. */
import { exampleWords, type InitPlan, TextCounts, type TextExample, textDistance } from '@attune/nlp';
import { TEXT_TASKS, textTaskExamples } from '@attune/test-fixtures';
import type { Advice } from '../api.ts';

/** Texts of the source that its words are counted in, a class. */
const SOURCE_TEXTS = 500;
const SEED = 1;

/**
 * Jensen-Shannon divergence of words up to which a target with other classes counts as alike, bits. Half way between the two
 * built-in targets (see advice.test.ts): a rule of this page, not of the paper, which judges by what tasks mean.
 */
export const ALIKE = 0.55;

export function sourceCounts(): TextCounts {
  return TextCounts.of(exampleWords(textTaskExamples(TEXT_TASKS.reviews, 'train', SOURCE_TEXTS, SEED)));
}

/** @param sourceClasses Whether the target's classes are the source's. */
export function advise(
  source: TextCounts,
  train: readonly TextExample[],
  classes: readonly string[],
  sourceClasses: boolean,
): Advice {
  const distance = textDistance(source, TextCounts.of(exampleWords(train)));
  const perClass = classes.map((_, label) => train.filter((example) => example.label === label).length);
  const [least, most] = [Math.min(...perClass), Math.max(...perClass)];
  const alike = sourceClasses || distance.unigramDivergence <= ALIKE;
  return {
    findings: [
      {
        name: 'Training texts',
        value: String(train.length),
        meaning: `${least === most ? least : `${least} to ${most}`} of each of ${classes.length} classes`,
      },
      {
        name: 'Unknown words',
        value: percent(distance.unknownWords),
        meaning: `of the running words, ${percent(distance.unknownTypes)} of the different ones: the source has no vectors of them`,
      },
      {
        name: 'Vocabulary overlap',
        value: percent(distance.vocabularyOverlap),
        meaning: 'of the words of either are words of both',
      },
      {
        name: 'Jensen-Shannon divergence',
        value: distance.unigramDivergence.toFixed(2),
        meaning: `bit between the words of both: 0 the same, 1 none shared; of neighbouring words ${distance.bigramDivergence.toFixed(2)}`,
      },
    ],
    verdict: verdict(alike, sourceClasses),
    paper: alike
      ? 'For alike tasks, copying the embedding and the hidden layers and fine-tuning them helps most; whether the output layer should be copied too depends on the task.'
      : 'For tasks that differ, only the embedding is of use, and hidden layers that are copied and locked do harm; the output layer belongs to its data set.',
    recommended: recommended(alike),
  };
}

function recommended(alike: boolean): InitPlan {
  return { E: 'tuned', H: alike ? 'tuned' : 'random', O: 'random' };
}

function verdict(alike: boolean, sourceClasses: boolean): string {
  if (sourceClasses) return "Alike: the classes are the source's.";
  return alike
    ? 'Alike by its words, with other classes. Words say nothing of what the classes mean: you know that better.'
    : "Different: other classes, and words that are not the source's.";
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
