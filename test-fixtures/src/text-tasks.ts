/**
 * The generated tasks of texts, two sources with two targets each, as image tasks have them: of a similar target the source
 * knows most, of a different one next to nothing. In every task some labels are wrong, and some texts say too little: no
 * network gets all of them right.
 */
import type { Random } from '@attune/core';
import { caption, INFERENCE_CLASSES, PARAPHRASE_CLASSES, paraphrase, scene } from './inference.ts';
import { QUESTION_CLASSES, question } from './questions.ts';
import { remark, review } from './sentiment.ts';

export interface TextTask {
  readonly name: string;
  readonly classes: readonly string[];
  /** A text, or a pair of texts, of the class; everything else is drawn from `random`. */
  compose(label: number, random: Random): { readonly text: string; readonly pair?: string };
}

export type TextTaskName = 'reviews' | 'remarks' | 'questions' | 'scenes' | 'captions' | 'paraphrases';

const POLARITIES = ['negative', 'positive'];

export const TEXT_TASKS: Readonly<Record<TextTaskName, TextTask>> = {
  reviews: single('reviews', POLARITIES, review),
  remarks: single('remarks', POLARITIES, remark),
  questions: single('questions', QUESTION_CLASSES, question),
  scenes: { name: 'scenes', classes: INFERENCE_CLASSES, compose: scene },
  captions: { name: 'captions', classes: INFERENCE_CLASSES, compose: caption },
  paraphrases: { name: 'paraphrases', classes: PARAPHRASE_CLASSES, compose: paraphrase },
};

function single(
  name: string,
  classes: readonly string[],
  compose: (label: number, random: Random) => string,
): TextTask {
  return { name, classes, compose: (label, random) => ({ text: compose(label, random) }) };
}
