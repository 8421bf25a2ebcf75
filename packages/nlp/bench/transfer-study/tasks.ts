/**
 * The four transfers of Mou et al. 2016, arXiv:1603.06111, and one more: a source's task and a target's, in one vocabulary, as
 * numbers. One source network of a seed serves all targets of its experiment.
 */
import { Random } from '@attune/core';
import {
  type EncodedTexts,
  encodeExamples,
  exampleWords,
  type TextArchitecture,
  type TextExample,
  tokenise,
  Vocabulary,
} from '@attune/nlp';
import { TEXT_TASKS, type TextTaskName, textTaskExamples } from '../../../../test-fixtures/src/index.ts';
import { openStudyData, type StudyDataName } from './data.ts';

export interface Experiment {
  readonly source: string;
  readonly targets: readonly TargetOf[];
  readonly architecture: TextArchitecture;
  /** A source's texts are cut into pieces of at most so many words, each of its text's class: as long as the targets' are. */
  readonly pieces?: number;
  /** Only asked for a few rows of INIT: what changes with the source. */
  readonly beside?: true;
}

export interface TargetOf {
  readonly name: string;
  /** Whether it asks what the source asks, of the same classes: then the output layer can be copied too. */
  readonly alike: boolean;
  /** Only for the study of few examples. */
  readonly fewOnly?: boolean;
}

export const EXPERIMENTS: readonly Experiment[] = [
  {
    source: 'imdb',
    targets: [
      { name: 'mr', alike: true },
      { name: 'qc', alike: false },
      { name: 'sst2', alike: true, fewOnly: true },
    ],
    architecture: 'lstm',
    pieces: 40,
  },
  {
    source: 'snli',
    targets: [
      { name: 'sick', alike: true },
      { name: 'msrp', alike: false },
    ],
    architecture: 'cnn-pair',
  },
  // Twice the source: does it transfer then?
  { source: 'snli-both', targets: [{ name: 'sick', alike: true }], architecture: 'cnn-pair', beside: true },
];

/** The generated tasks in their place: a sentiment grammar, an alike and an unlike target; and pairs. */
export const QUICK_EXPERIMENTS: readonly Experiment[] = [
  {
    source: 'reviews',
    targets: [
      { name: 'remarks', alike: true },
      { name: 'questions', alike: false },
    ],
    architecture: 'lstm',
  },
  {
    source: 'scenes',
    targets: [
      { name: 'captions', alike: true },
      { name: 'paraphrases', alike: false },
    ],
    architecture: 'cnn-pair',
  },
];

/** Tasks as the networks see them. */
export interface SourceTask {
  readonly classes: number;
  readonly train: EncodedTexts;
  readonly validation: EncodedTexts;
}

export interface TargetTask extends SourceTask, TargetOf {
  readonly test: EncodedTexts;
}

export interface OpenedExperiment {
  readonly experiment: Experiment;
  readonly vocabulary: Vocabulary;
  readonly source: SourceTask;
  readonly targets: ReadonlyMap<string, TargetTask>;
}

/** Words that come once in all training texts have no vector; at most so many have one. */
const VOCABULARY = { minimumCount: 2, size: 10_000 };
export const MOST_WORDS = 64;

interface Texts {
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<'train' | 'validation' | 'test', readonly TextExample[]>>;
}

/** @param data The folder that `$ATTUNE_DATA` names; undefined: the generated tasks. */
export async function openExperiment(experiment: Experiment, data: string | undefined): Promise<OpenedExperiment> {
  const open = async (name: string): Promise<Texts> =>
    data === undefined ? generated(name as TextTaskName) : openStudyData(name as StudyDataName, { data });
  const whole = await open(experiment.source);
  const source = experiment.pieces === undefined ? whole : inPieces(whole, experiment.pieces);
  const targets = await Promise.all(
    experiment.targets.map(async (target) => ({ target, texts: await open(target.name) })),
  );
  const vocabulary = Vocabulary.fromTexts(
    exampleWords([source, ...targets.map(({ texts }) => texts)].flatMap(({ splits }) => splits.train)),
    VOCABULARY,
  );
  const encode = ({ classes, splits }: Texts): SourceTask => ({
    classes: classes.length,
    train: encodeExamples(splits.train, vocabulary, { maxLength: MOST_WORDS }),
    validation: encodeExamples(splits.validation, vocabulary, { maxLength: MOST_WORDS }),
  });
  return {
    experiment,
    vocabulary,
    source: encode(source),
    targets: new Map(
      targets.map(({ target, texts }) => {
        const test = encodeExamples(texts.splits.test, vocabulary, { maxLength: MOST_WORDS });
        return [target.name, { ...target, ...encode(texts), test }];
      }),
    ),
  };
}

/** The splits with every text cut into pieces, which keep its class; what a source is tested on plays no part. */
function inPieces({ classes, splits }: Texts, most: number): Texts {
  const cut = (examples: readonly TextExample[]) =>
    examples.flatMap((example) =>
      pieces(tokenise(example.text), most).map((words) => ({ ...example, text: words.join(' ') })),
    );
  return { classes, splits: { ...splits, train: cut(splits.train), validation: cut(splits.validation) } };
}

/** Runs of at most `most` words that end where a sentence does, if one ends in their second half. */
export function pieces(words: readonly string[], most: number): string[][] {
  const cut: string[][] = [];
  for (let start = 0; start < words.length; ) {
    let end = Math.min(start + most, words.length);
    if (end < words.length)
      for (let i = end; i > start + most / 2; i--)
        if (/^[.!?]+$/.test(words[i - 1]!)) {
          end = i;
          break;
        }
    cut.push(words.slice(start, end));
    start = end;
  }
  return cut;
}

function generated(name: TextTaskName): Texts {
  const task = TEXT_TASKS[name];
  const source = name === 'reviews' || name === 'scenes';
  const split = (which: string, perClass: number) => textTaskExamples(task, which, perClass, 1);
  return {
    classes: task.classes,
    splits: { train: split('train', source ? 600 : 40), validation: split('validation', 50), test: split('test', 150) },
  };
}

/** A share of the examples, at least one of each class, drawn by the seed: a smaller share is part of a larger one. */
export function shareOf(encoded: EncodedTexts, share: number, seed: number): EncodedTexts {
  return share === 1 ? encoded : drawn(encoded, seed, (members) => Math.max(1, Math.round(share * members)));
}

/** So many examples of each class, drawn by the seed. */
export function perClass(encoded: EncodedTexts, count: number, seed: number): EncodedTexts {
  return drawn(encoded, seed, () => count);
}

function drawn(encoded: EncodedTexts, seed: number, count: (members: number) => number): EncodedTexts {
  const members = new Map<number, number[]>();
  for (const [i, label] of encoded.labels.entries()) members.set(label, [...(members.get(label) ?? []), i]);
  const chosen = [...members].flatMap(([label, list]) =>
    Random.fromSeed(seed).fork(`class ${label}`).shuffle(list).slice(0, count(list.length)),
  );
  return {
    ...encoded,
    texts: chosen.map((i) => encoded.texts[i]!),
    labels: Int32Array.from(chosen, (i) => encoded.labels[i]!),
  };
}
