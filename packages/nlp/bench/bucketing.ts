/**
 * What bucketing by length saves in training: an epoch of the LSTM of the transfer study on sentences and on whole reviews,
 * once with every batch as long as the longest text, once in batches of like length, in turns. A few minutes on two cores:
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/bucketing.ts
 *
 * Record: packages/nlp/bench/records/bucketing.json.
 */
import { adamw, constant, fit, Random, selectBackend } from '@attune/core';
import {
  bucketLengths,
  createTextNetwork,
  type EncodedTexts,
  encodeExamples,
  exampleWords,
  initPlan,
  textSource,
  Vocabulary,
} from '@attune/nlp';
import { machine, saveBenchRecord } from './bench-record.ts';
import { openStudyData, type StudyDataName } from './transfer-study/data.ts';
import { requireData } from './transfer-study/study-files.ts';

/** Examples of each set: whole epochs would take hours, and say the same. */
const EXAMPLES = 1000;
const ROUNDS = 3;
const BATCH = 32;
/** Longer texts are cut, as `tune nlp` does. */
const MOST_WORDS = 256;

export interface Saving {
  readonly data: string;
  readonly examples: number;
  readonly lengths: { readonly median: number; readonly longest: number };
  readonly buckets: readonly number[];
  /** Share of the positions that hold no word. */
  readonly padding: { readonly longest: number; readonly bucketed: number };
  /** Seconds of an epoch's steps, by rounds. */
  readonly seconds: { readonly longest: readonly number[]; readonly bucketed: readonly number[] };
  /** Median over the rounds of how many times faster. */
  readonly faster: number;
}

const data = requireData();
const on = machine();
await selectBackend({ prefer: 'onnx' });
const savings: Saving[] = [];
for (const name of ['mr', 'imdb'] as const) {
  savings.push(await saving(name, data));
  console.error(savings.at(-1));
}
await saveBenchRecord('bucketing', { machine: on, savings });

async function saving(name: StudyDataName, folder: string): Promise<Saving> {
  const { splits, classes } = await openStudyData(name, { data: folder, imdbParts: 1 });
  const examples = Random.fromSeed('bucketing').shuffle(splits.train).slice(0, EXAMPLES);
  const vocabulary = Vocabulary.fromTexts(exampleWords(examples), { minimumCount: 2, size: 10_000 });
  const encoded = encodeExamples(examples, vocabulary, { maxLength: MOST_WORDS });
  const lengths = encoded.texts.map((text) => text.length).sort((a, b) => a - b);
  const buckets = bucketLengths(lengths);
  const ways = { longest: [buckets.at(-1)!], bucketed: buckets };
  const seconds = { longest: [] as number[], bucketed: [] as number[] };
  for (let round = 0; round < ROUNDS; round++)
    for (const way of ['longest', 'bucketed'] as const)
      seconds[way].push(
        await secondsOfAnEpoch(encoded, ways[way], { vocabularySize: vocabulary.size, classes: classes.length }),
      );
  const ratios = seconds.longest.map((each, round) => each / seconds.bucketed[round]!).sort((a, b) => a - b);
  const padding = (way: keyof typeof ways) =>
    textSource(encoded, { shuffle: true, buckets: ways[way] }).padding({
      random: Random.fromSeed(1),
      batchSize: BATCH,
      epoch: 0,
    }).padding;
  return {
    data: name,
    examples: examples.length,
    lengths: { median: lengths[lengths.length >> 1]!, longest: lengths.at(-1)! },
    buckets,
    padding: { longest: padding('longest'), bucketed: padding('bucketed') },
    seconds,
    faster: ratios[ratios.length >> 1]!,
  };
}

/** Of the second: the first compiles a step for each length. */
async function secondsOfAnEpoch(
  encoded: EncodedTexts,
  buckets: readonly number[],
  sizes: { readonly vocabularySize: number; readonly classes: number },
): Promise<number> {
  const network = createTextNetwork(
    { architecture: 'lstm', ...sizes, embeddingSize: 100, hiddenSize: 100, dropout: 0.5 },
    { seed: 1 },
  );
  const { history } = await fit({
    network,
    plan: initPlan({ E: 'random', H: 'random', O: 'random' }),
    train: textSource(encoded, { shuffle: true, buckets }),
    epochs: 2,
    batchSize: BATCH,
    learningRate: 1e-3,
    schedule: constant(),
    optimizer: adamw({ weightDecay: 0 }),
    seed: 1,
  });
  network.dispose();
  return encoded.texts.length / history[1]!['charts/examples_per_second']!;
}
