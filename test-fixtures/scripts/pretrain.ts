/**
 * Pre-trains the embedded network on the source task and writes its weights, and beside them what they reach. One fixed
 * seed, about a minute on two cores:
 *
 *   npx tsx --conditions=@attune/source test-fixtures/scripts/pretrain.ts
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  adamw,
  confusionMatrix,
  evaluate,
  fit,
  namedPlan,
  oneCycle,
  perClassAccuracy,
  selectBackend,
} from '@attune/core';
import { terminalProgress } from '@attune/core/node';
import { imageSource } from '@attune/vision';
import { catalogueEntry, createNetwork } from '@attune/zoo';
import { saveNetwork } from '@attune/zoo/node';
import { FIXTURES_DIRECTORY, imageTaskExamples, TASKS } from '../src/index.ts';

const SEED = 1;
const SETTINGS = {
  trainPerClass: 1500,
  testPerClass: 100,
  epochs: 5,
  batchSize: 64,
  learningRate: 4e-3,
  weightDecay: 0.02,
};

const { name: backend } = await selectBackend();
const task = TASKS.shapes;
const network = createNetwork('shapes_cnn', { classes: task.classes.length, seed: SEED });
const source = { preprocessing: network.preprocessing, classes: task.classes.length };
// Mirrored pictures are pictures of the same class; crops are not needed, as places and sizes vary already.
const augmentation = { crop: null, flip: true, jitter: null, mixup: 0 };
const train = imageSource(imageTaskExamples(task, 'train', SETTINGS.trainPerClass, SEED), { ...source, augmentation });
const test = imageSource(imageTaskExamples(task, 'test', SETTINGS.testPerClass, SEED), source);

const started = performance.now();
const result = await fit({
  network,
  plan: namedPlan('scratch'),
  train,
  epochs: SETTINGS.epochs,
  batchSize: SETTINGS.batchSize,
  learningRate: SETTINGS.learningRate,
  schedule: oneCycle(),
  optimizer: adamw({ weightDecay: SETTINGS.weightDecay }),
  labelSmoothing: 0.05,
  seed: SEED,
  progress: terminalProgress(),
});
const seconds = (performance.now() - started) / 1000;
const { accuracy, loss, predictions, labels } = await evaluate({
  network,
  source: test,
  batchSize: SETTINGS.batchSize,
});

const weights = join(FIXTURES_DIRECTORY, catalogueEntry('shapes_cnn').weights.file);
await saveNetwork(network, weights, task.classes);
const shares = perClassAccuracy(confusionMatrix(predictions, labels, task.classes.length));
const record = {
  task: task.name,
  seed: SEED,
  ...SETTINGS,
  steps: result.steps,
  'train/accuracy': result.best['train/accuracy'],
  'test/accuracy': accuracy,
  'test/loss': loss,
  'test/accuracy_per_class': Object.fromEntries(task.classes.map((name, i) => [name, shares[i]])),
  backend,
  'charts/seconds': Math.round(seconds),
};
await writeFile(weights.replace(/\.safetensors$/, '.json'), `${JSON.stringify(record, null, 2)}\n`);
console.log(`test accuracy ${(100 * accuracy).toFixed(1)} % after ${seconds.toFixed(0)} s; wrote ${weights}`);
