/**
 * Transferability scores beside what they are to foretell: for every target, size, source and layer, each score on the
 * images to learn from, and the test accuracy of a linear probe there. Also what the advisor knows of a task beforehand.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/transfer-study/scores.ts
 *     [--targets NAME,...] [--from NETWORK,...] [--sizes N,...]
 *
 * Goes on where it was stopped; logs are kept in packages/vision/bench/records/scores.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { LabelledFeatures } from '@attune/core';
import {
  hScore,
  leep,
  logisticRegression,
  logMe,
  nce,
  nearestNeighbourAccuracy,
  probeAccuracy,
  selectBackend,
  shrunkHScore,
  tf,
  transRate,
  VERSION,
} from '@attune/core';
import { openStudyLog, type StudyLog } from '@attune/report/node';
import { type SourceProbabilities, sourceProbabilities, statisticsShift } from '@attune/vision';
import { catalogueEntry } from '@attune/zoo';
import { loadPretrained } from '@attune/zoo/node';
import { depthFeatures } from './layers.ts';
import { TARGETS, type Target } from './targets.ts';
import { openTask, type Task } from './task.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = join(here, '../../node_modules/.cache/transfer-study');
const records = join(here, '../records/scores');
const SEEDS = [1, 2, 3];

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string' },
    from: { type: 'string', default: 'mobilenet_v2_035,squeezenet1_0' },
    sizes: { type: 'string', default: '5,10,20,50,100' },
  },
});
const data = process.env.ATTUNE_DATA;
if (data === undefined) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const backend = await selectBackend();
await mkdir(records, { recursive: true });
const chosen = options.targets?.split(',');
const sizes = options.sizes.split(',').map(Number);
for (const target of TARGETS)
  if (chosen === undefined || chosen.includes(target.name))
    for (const from of options.from.split(',')) await study(target, from);

async function study(target: Target, from: string): Promise<void> {
  const log = await openStudyLog(join(records, `${target.name}-${from}.jsonl`), {
    study: 'scores',
    domain: 'vision',
    command: 'packages/vision/bench/transfer-study/scores.ts',
    versions: { attune: VERSION, tensorflow: tf.version_core },
    backend: backend.name,
  });
  const task = await openTask(target, from, { data: data!, cache });
  for (const size of target.sizes.filter((each) => sizes.includes(each)))
    for (const seed of SEEDS) {
      if (log.has({ target: target.name, from, size, layer: 'task' }, seed)) continue;
      await measureTask(log, task, from, size, seed);
      console.log(`${target.name} from ${from}, ${size} a class, seed ${seed}`);
    }
}

async function measureTask(log: StudyLog, task: Task, from: string, size: number, seed: number): Promise<void> {
  const factors = { target: task.target.name, from, size };
  const network = await loadPretrained(from, { classes: task.classes, size: task.target.pixels });
  try {
    const { train, test } = await depthFeatures(network, task, size, seed);
    for (const [layer, features] of train) {
      if (log.has({ ...factors, layer }, seed)) continue;
      const started = performance.now();
      const metrics = layerMetrics(features, test.get(layer)!, seed);
      const seconds = (performance.now() - started) / 1000;
      await log.append({ factors: { ...factors, layer }, seed, metrics, seconds });
    }
    const shift = await statisticsShift(network, task.train(size, seed));
    const source = await askSourceHead(from, task, size, seed);
    await log.append({
      factors: { ...factors, layer: 'task' },
      seed,
      metrics: {
        ...(shift === undefined ? {} : { shift }),
        ...(source && { LEEP: leep(source.probabilities, source.labels), NCE: nce(source.classes, source.labels) }),
        ...(source && { confidence: source.confidence }),
      },
      seconds: 0,
    });
  } finally {
    network.dispose();
  }
}

/** Undefined where the weights have no head. */
async function askSourceHead(
  from: string,
  task: Task,
  size: number,
  seed: number,
): Promise<SourceProbabilities | undefined> {
  if (catalogueEntry(from).weights.classes === undefined) return undefined;
  const network = await loadPretrained(from, { size: task.target.pixels });
  try {
    return await sourceProbabilities(network, task.train(size, seed));
  } finally {
    network.dispose();
  }
}

function layerMetrics(train: LabelledFeatures, test: LabelledFeatures, seed: number): Record<string, number> {
  const probe = probeAccuracy(train, { folds: 5, seed, decays: [0.01, 0.1, 1] });
  const fitted = logisticRegression(train, { decay: probe.decay });
  const predictions = fitted.predict(test.values);
  const right = test.labels.filter((label, i) => predictions[i] === label).length;
  return {
    test: right / test.labels.length,
    'cross-validated probe': probe.accuracy,
    LogME: logMe(train),
    'H-score': hScore(train),
    'shrunk H-score': shrunkHScore(train),
    TransRate: transRate(train),
    'nearest neighbour': nearestNeighbourAccuracy(train, { k: 1 }),
  };
}
