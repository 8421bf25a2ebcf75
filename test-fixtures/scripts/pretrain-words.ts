/**
 * Pre-trains the word-level network of Mou et al. 2016, arXiv:1603.06111, on the generated source `reviews`, and writes it as one
 * file, and what it reaches on unseen reviews. One fixed seed, about a minute:
 *
 *   npx tsx --conditions=@attune/source test-fixtures/scripts/pretrain-words.ts
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { evaluate, fit, namedPlan, selectBackend } from '@attune/core';
import { createTextNetwork, encodeExamples, exampleWords, saveTextNetwork, textSource, Vocabulary } from '@attune/nlp';
import { FIXTURES_DIRECTORY, TEXT_TASKS, textTaskExamples } from '../src/index.ts';

const SEED = 1;
const SETTINGS = { perClass: 1500, epochs: 12, batchSize: 32, learningRate: 5e-3, clipNorm: 1 };
const SIZES = { embeddingSize: 24, hiddenSize: 24, dropout: 0.2 };
const FOLDER = join(FIXTURES_DIRECTORY, 'nlp', 'reviews_lstm');

await selectBackend({ prefer: 'onnx' });
const task = TEXT_TASKS.reviews;
const examples = (split: string, perClass: number) => textTaskExamples(task, split, perClass, SEED);
const train = examples('train', SETTINGS.perClass);
const vocabulary = Vocabulary.fromTexts(exampleWords(train));
const source = (some: typeof train, shuffle: boolean) => textSource(encodeExamples(some, vocabulary), { shuffle });

const network = createTextNetwork(
  { architecture: 'lstm', vocabularySize: vocabulary.size, classes: task.classes.length, ...SIZES },
  { seed: SEED },
);
const started = performance.now();
const { perClass: _, ...settings } = SETTINGS;
const { best } = await fit({
  ...settings,
  network,
  plan: namedPlan('scratch'),
  train: source(train, true),
  validation: source(examples('validation', 150), false),
  seed: SEED,
  progress: {
    step: () => {},
    epoch: (record) =>
      console.log(`epoch ${record.epoch + 1}: validation accuracy ${record['validation/accuracy']!.toFixed(3)}`),
  },
});
const { accuracy } = await evaluate({ network, source: source(examples('test', 500), false), batchSize: 32 });

await mkdir(FOLDER, { recursive: true });
await saveTextNetwork(network, join(FOLDER, 'reviews_lstm.safetensors'), { vocabulary, labels: task.classes });
const record = {
  seed: SEED,
  ...SETTINGS,
  ...SIZES,
  words: vocabulary.size,
  'validation/accuracy': best['validation/accuracy'],
  'test/accuracy': accuracy,
  'charts/seconds': Math.round((performance.now() - started) / 1000),
};
await writeFile(join(FOLDER, 'pretraining.json'), `${JSON.stringify(record, null, 2)}\n`);
console.log(record);
