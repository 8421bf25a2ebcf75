/**
 * The data sets of the study of text networks (Mou et al. 2016, "How Transferable are Neural Networks in NLP Applications?"):
 * sentences from IMDB to MR and to QC, pairs from SNLI to SICK and to MSRP; SST-2 beside them. They lie below
 * `$ATTUNE_DATA/nlp`; how each came about stands in the README of its folder. Splits are as published, or as Mou et al. have
 * them where that can be; those that are drawn are drawn by one fixed seed. Texts that are on both sides of a split, or of
 * two data sets, flatter a result: they are dropped here, and `dropped` says how many and why.
 */
import { join } from 'node:path';
import type { SplitName } from '@attune/core';
import { Random, UserError } from '@attune/core';
import { openTable, openTexts, type TextExample, textKey } from '@attune/nlp';

export const STUDY_DATA = ['imdb', 'mr', 'qc', 'sst2', 'snli', 'snli-both', 'sick', 'msrp'] as const;
export type StudyDataName = (typeof STUDY_DATA)[number];

export interface StudyData {
  readonly name: StudyDataName;
  readonly pairs: boolean;
  readonly classes: readonly string[];
  readonly splits: Readonly<Record<SplitName, readonly TextExample[]>>;
  /** What was left out, in sentences. */
  readonly dropped: readonly string[];
}

export interface OpenStudyDataOptions {
  /** The folder that `$ATTUNE_DATA` names. */
  readonly data: string;
  /** Of the five parts of IMDB's train and of its test, how many are read: any of them is balanced. Default 5. */
  readonly imdbParts?: number;
}

/** Fixes what is drawn, for all runs and seeds of the study. */
const SEED = 'splits of the study';

const READERS: Readonly<Record<StudyDataName, (folder: string, options: OpenStudyDataOptions) => Promise<StudyData>>> =
  {
    imdb: openImdb,
    mr: openMr,
    qc: openQc,
    sst2: openSst2,
    snli: openSnli,
    'snli-both': openBothOfSnli,
    sick: openSick,
    msrp: openMsrp,
  };

/** @throws UserError when a file is missing. */
export function openStudyData(name: StudyDataName, options: OpenStudyDataOptions): Promise<StudyData> {
  if (options.data === '') throw new UserError('ATTUNE_DATA is not set.', 'Set it to the folder that holds nlp/.');
  return READERS[name](join(options.data, 'nlp'), options);
}

/**
 * 25,000 reviews to learn from, 25,000 to test on. Mou et al. have 550,000 from another collection of IMDB's, which is not
 * at hand. Of reviews that repeat an earlier one (418, 123 of them test reviews whose text is in train) the later is dropped.
 * 2,500 are held out for validation, all reviews of a film on one side. Line breaks in HTML become spaces.
 */
async function openImdb(folder: string, { imdbParts = 5 }: OpenStudyDataOptions): Promise<StudyData> {
  const duplicates = new Set<string>();
  for await (const { cells } of columns(join(folder, 'imdb/duplicates.tsv'), ['id'])) duplicates.add(cells[0]!);
  let dropped = 0;
  const films = new Map<string, string>();
  const read = async (split: string) => {
    const reviews: TextExample[] = [];
    for (let part = 0; part < imdbParts; part++) {
      const file = join(folder, `imdb/${split}-${part}.tsv.gz`);
      for await (const { cells } of columns(file, ['id', 'label', 'movie', 'text'])) {
        const [name, label, film, text] = cells as [string, string, string, string];
        if (duplicates.has(name)) dropped++;
        else reviews.push({ name, text: text.replaceAll(/<br\s*\/?>/g, ' '), label: Number(label) });
        films.set(name, film);
      }
    }
    return reviews;
  };
  const learnt = await read('train');
  const { kept, drawn } = drawGroups(learnt, 500 * imdbParts, ({ name }) => films.get(name)!);
  return {
    name: 'imdb',
    pairs: false,
    classes: ['negative', 'positive'],
    splits: { train: kept, validation: drawn, test: await read('test') },
    dropped: [`${dropped} reviews that repeat an earlier one`],
  };
}

/**
 * 10,662 sentences of reviews, without a split of their own: 1,100 for validation and 1,100 to test on, as Mou et al. have
 * them, half of each class; 8,462 are left (they give 8,500). No sentence is there twice.
 */
async function openMr(folder: string): Promise<StudyData> {
  const sentences: TextExample[] = [];
  for (const [label, file] of ['rt-polarity.neg', 'rt-polarity.pos'].entries())
    for await (const { line, cells } of lines(join(folder, 'mr', file), 'windows-1252'))
      sentences.push({ name: `${file}:${line}`, text: cells[0]!.trim(), label });
  const test = draw(sentences, 1100, 'mr/test');
  const validation = draw(test.kept, 1100, 'mr/validation');
  return {
    name: 'mr',
    pairs: false,
    classes: ['negative', 'positive'],
    splits: { train: validation.kept, validation: validation.drawn, test: test.drawn },
    dropped: [],
  };
}

/**
 * Questions by what they ask for, six coarse classes; the published test of 500. Dropped from train, without regard to case:
 * questions that are in the test too (11 different ones), and repetitions. 600 of the rest are held out, as by Mou et al.
 * One byte of train is not ASCII; it is read as Latin-1, as the file is.
 */
async function openQc(folder: string): Promise<StudyData> {
  const classes = ['ABBR', 'DESC', 'ENTY', 'HUM', 'LOC', 'NUM'];
  const read = async (file: string) => {
    const questions: TextExample[] = [];
    for await (const { line, cells } of lines(join(folder, 'qc', file), 'latin1')) {
      const [, coarse, text] = /^([A-Z]+):\S+ (.*)$/.exec(cells[0]!)!;
      questions.push({ name: `${file}:${line}`, text: text!.trim(), label: classes.indexOf(coarse!) });
    }
    return questions;
  };
  const test = await read('TREC_10.label');
  const clean = without(await read('train_5500.label'), test, keyOf);
  const once = distinct(clean.kept, keyOf);
  const { kept, drawn } = draw(once.kept, 600, 'qc/validation');
  return {
    name: 'qc',
    pairs: false,
    classes,
    splits: { train: kept, validation: drawn, test },
    dropped: [
      `${clean.dropped} training questions that are in the test`,
      `${once.dropped} training questions that repeat an earlier one`,
    ],
  };
}

/**
 * Sentences with two polarities, as published. It is MR annotated anew: three of four of its sentences are in MR, and those
 * are dropped here, by letters alone, so that the one can be the source of the other. So are training sentences that
 * are in its own test.
 */
async function openSst2(folder: string): Promise<StudyData> {
  const mr = await openMr(folder);
  const known = [...mr.splits.train, ...mr.splits.validation, ...mr.splits.test];
  let inMr = 0;
  const read = async (file: string) => {
    const sentences: TextExample[] = [];
    for await (const { line, cells } of lines(join(folder, 'sst', file), 'utf-8'))
      sentences.push({ name: `${file}:${line}`, text: cells[0]!.slice(2).trim(), label: Number(cells[0]![0]) });
    const clean = without(sentences, known, lettersOf);
    inMr += clean.dropped;
    return clean.kept;
  };
  const test = await read('stsa.binary.test');
  const train = without(await read('stsa.binary.train'), test, lettersOf);
  return {
    name: 'sst2',
    pairs: false,
    classes: ['negative', 'positive'],
    splits: { train: train.kept, validation: await read('stsa.binary.dev'), test },
    dropped: [`${inMr} sentences that are in MR`, `${train.dropped} training sentences that are in the test`],
  };
}

/**
 * Pairs of sentences, three classes. The training part (550,152 pairs) is not at hand: its dev part, 9,842 pairs, is learnt
 * from, but for 1,000 that are held out for validation, all pairs of a premise on one side. The test is as published; pairs
 * whose premise is in it are dropped from what is learnt, and so are repetitions.
 */
async function openSnli(folder: string): Promise<StudyData> {
  const { classes, splits } = await readSnli(folder);
  const clean = without(splits.train, splits.test, premiseOf);
  const once = distinct(clean.kept, keyOf);
  const { kept, drawn } = drawGroups(once.kept, 1000, premiseOf);
  return {
    name: 'snli',
    pairs: true,
    classes,
    splits: { train: kept, validation: drawn, test: splits.test },
    dropped: [
      `${clean.dropped} pairs whose premise is in the test`,
      `${once.dropped} pairs that repeat an earlier one`,
    ],
  };
}

/** `snli` with the pairs of the published test learnt from too: a source needs no test. The same pairs are held out for validation. */
async function openBothOfSnli(folder: string): Promise<StudyData> {
  const [{ splits }, { classes, splits: half, dropped }] = [await readSnli(folder), await openSnli(folder)];
  const once = distinct([...half.train, ...splits.test], keyOf);
  const train = without(once.kept, half.validation, premiseOf);
  return {
    name: 'snli-both',
    pairs: true,
    classes,
    splits: { train: train.kept, validation: half.validation, test: [] },
    dropped: [...dropped, `${once.dropped} pairs of the test that repeat another`],
  };
}

const readSnli = (folder: string) =>
  openTexts(
    { train: join(folder, 'snli/dev.tsv.gz'), test: join(folder, 'snli/test.tsv.gz') },
    { shares: { validation: 0, test: 0 } },
  );

/**
 * Pairs of sentences, SNLI's three classes, in the published splits (4,439, 495, 4,906), which Mou et al. have. Nothing is
 * dropped: no pair is in two splits, though single sentences are, by the way that it was made.
 */
async function openSick(folder: string): Promise<StudyData> {
  const file = (name: string) => join(folder, `sick/${name}.tsv`);
  const { classes, splits } = await openTexts({ train: file('train'), validation: file('trial'), test: file('test') });
  return { name: 'sick', pairs: true, classes, splits, dropped: [] };
}

/**
 * Pairs of sentences of news, paraphrases or not, with the published test (1,725); 501 of the 4,076 others are held out, as
 * by Mou et al. Nothing is dropped: no pair is in both parts. 264 single sentences are in both, in other pairs; without them
 * the test would not be the one that others report on. Quotes in the files are part of the sentences.
 */
async function openMsrp(folder: string): Promise<StudyData> {
  const file = (name: string) => join(folder, `msrp/msr_paraphrase_${name}`);
  const { splits } = await openTexts(
    { train: file('train.txt.gz'), test: file('test.txt') },
    {
      format: 'tsv',
      quote: null,
      text: '#1 String',
      pair: '#2 String',
      label: 'Quality',
      shares: { validation: 0, test: 0 },
    },
  );
  const { kept, drawn } = draw(splits.train, 501, 'msrp/validation');
  return {
    name: 'msrp',
    pairs: true,
    classes: ['different', 'paraphrase'],
    splits: { train: kept, validation: drawn, test: splits.test },
    dropped: [],
  };
}

/** Lines without columns. */
async function* lines(path: string, encoding: string) {
  const table = await openTable(path, { format: 'csv', delimiter: '\u0001', quote: null, header: false, encoding });
  yield* table.rows([0]);
}

async function* columns(path: string, names: readonly string[]) {
  const table = await openTable(path);
  yield* table.rows(names.map((name) => table.columns.indexOf(name)));
}

const keyOf = ({ text, pair }: TextExample) => textKey(text, pair);
const premiseOf = ({ text }: TextExample) => textKey(text);
/** Data sets write apostrophes, brackets and accents differently. */
const lettersOf = ({ text }: TextExample) => text.toLowerCase().replace(/[^a-z]/g, '');

interface Kept {
  readonly kept: readonly TextExample[];
  readonly dropped: number;
}

function without(
  examples: readonly TextExample[],
  others: readonly TextExample[],
  key: (example: TextExample) => string,
): Kept {
  const known = new Set(others.map(key));
  const kept = examples.filter((example) => !known.has(key(example)));
  return { kept, dropped: examples.length - kept.length };
}

/** The first of those that are the same. */
function distinct(examples: readonly TextExample[], key: (example: TextExample) => string): Kept {
  const kept = [...new Map([...examples].reverse().map((example) => [key(example), example])).values()].reverse();
  return { kept, dropped: examples.length - kept.length };
}

interface Drawn {
  readonly kept: readonly TextExample[];
  readonly drawn: readonly TextExample[];
}

/** Exactly `count` examples, each class by its share: what is left after rounding down goes to the largest remainders. */
function draw(examples: readonly TextExample[], count: number, label: string): Drawn {
  const random = Random.fromSeed(SEED).fork(label);
  const members = new Map<number, TextExample[]>();
  for (const example of examples) {
    const list = members.get(example.label);
    if (list) list.push(example);
    else members.set(example.label, [example]);
  }
  const shares = [...members].map(([className, list]) => {
    const share = (count * list.length) / examples.length;
    return { className, list, whole: Math.floor(share), rest: share % 1 };
  });
  let left = count - shares.reduce((sum, { whole }) => sum + whole, 0);
  const chosen = new Set<TextExample>();
  for (const { className, list, whole } of shares.sort((a, b) => b.rest - a.rest || a.className - b.className)) {
    const size = whole + (left-- > 0 ? 1 : 0);
    for (const example of random.fork(className).shuffle(list).slice(0, size)) chosen.add(example);
  }
  return divide(examples, chosen);
}

/** About `count` examples (less than a group more), whole groups, drawn without regard to classes. */
function drawGroups(examples: readonly TextExample[], count: number, group: (example: TextExample) => string): Drawn {
  const groups = new Map<string, TextExample[]>();
  for (const example of examples) {
    const list = groups.get(group(example));
    if (list) list.push(example);
    else groups.set(group(example), [example]);
  }
  const chosen = new Set<TextExample>();
  for (const list of Random.fromSeed(SEED).fork('groups').shuffle(groups.values())) {
    if (chosen.size >= count) break;
    for (const example of list) chosen.add(example);
  }
  return divide(examples, chosen);
}

function divide(examples: readonly TextExample[], chosen: ReadonlySet<TextExample>): Drawn {
  return {
    kept: examples.filter((example) => !chosen.has(example)),
    drawn: examples.filter((example) => chosen.has(example)),
  };
}
