/**
 * Times the scores of features on random features of the sizes that the advisor meets, one core, each alone in this
 * process. The least of three runs is given, by the clock and in processor time (which a busy machine disturbs less).
 *
 *   npx tsx --conditions=@attune/source packages/core/bench/scores.ts [--record]
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  FeatureMoments,
  frechetDistance,
  hScore,
  logMe,
  nearestNeighbourAccuracy,
  probeAccuracy,
  Random,
  shrunkHScore,
  transRate,
  VERSION,
} from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';

const RUNS = 3;
const CLASSES = 10;

const { values: options } = parseArgs({ options: { record: { type: 'boolean', default: false } } });

/** As after a ReLU, with the classes' means apart. */
function randomFeatures(count: number, size: number) {
  const random = Random.fromSeed(`${count} x ${size}`);
  const means = Float32Array.from({ length: CLASSES * size }, () => 0.2 * random.normal());
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < size; j++) values[i * size + j] = Math.max(0, random.normal() + means[labels[i]! * size + j]!);
  return { values, size, labels };
}

const large = randomFeatures(10_000, 512);
const wide = randomFeatures(500, 1280);
const moments = [randomFeatures(2000, 1280), randomFeatures(1999, 1280)].map(({ values }) =>
  FeatureMoments.of(values, 1280),
);
const tasks: [name: string, input: string, run: () => unknown][] = [
  ['logMe', '10,000 x 512', () => logMe(large)],
  ['hScore', '10,000 x 512', () => hScore(large)],
  ['shrunkHScore', '10,000 x 512', () => shrunkHScore(large)],
  ['transRate', '10,000 x 512', () => transRate(large)],
  ['FeatureMoments', '10,000 x 512', () => FeatureMoments.of(large.values, 512)],
  ['logMe', '500 x 1280', () => logMe(wide)],
  ['shrunkHScore', '500 x 1280', () => shrunkHScore(wide)],
  ['nearestNeighbourAccuracy', '500 x 1280', () => nearestNeighbourAccuracy(wide)],
  ['probeAccuracy, 5 folds', '500 x 1280', () => probeAccuracy(wide, { seed: 1 })],
  ['frechetDistance', 'moments of 1280', () => frechetDistance(moments[0]!, moments[1]!)],
];

const rows = tasks.map(([name, input, run]) => {
  let milliseconds = Number.POSITIVE_INFINITY;
  let processorMilliseconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < RUNS; i++) {
    const before = process.cpuUsage();
    const start = performance.now();
    run();
    milliseconds = Math.min(milliseconds, performance.now() - start);
    const { user, system } = process.cpuUsage(before);
    processorMilliseconds = Math.min(processorMilliseconds, (user + system) / 1000);
  }
  const row = {
    name,
    input,
    milliseconds: Math.round(milliseconds),
    processorMilliseconds: Math.round(processorMilliseconds),
  };
  console.log(
    `${name.padEnd(26)}${input.padEnd(18)}${row.milliseconds} ms, ${row.processorMilliseconds} of processor time`,
  );
  return row;
});

if (options.record) {
  const record = {
    schema: 'attune/score-times@1',
    version: VERSION,
    node: process.version,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    classes: CLASSES,
    runs: RUNS,
    rows,
  };
  const file = fileURLToPath(new URL('records/scores.json', import.meta.url));
  await writeFileAtomic(file, `${JSON.stringify(record, null, 2)}\n`);
}
