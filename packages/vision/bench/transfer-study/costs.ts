/**
 * What an update of each plan costs, in passes of as many images through the frozen network: what the advisor's estimate
 * of a plan's time is made of (`src/advise/plan-time.ts`). Plans take turns, so that a busy moment hits all of them.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/transfer-study/costs.ts
 */
import { join } from 'node:path';
import { selectBackend, tf, VERSION } from '@attune/core';
import { writeFileAtomic } from '@attune/core/node';
import { computeFeatures, startNetwork, trainOnImages } from '@attune/vision';
import { loadPretrained } from '@attune/zoo/node';
import { RECORDS } from './known-tasks.ts';
import { PLANS, settingsOf } from './plans.ts';
import { TARGETS } from './targets.ts';
import { openTask } from './task.ts';

const FROM = 'mobilenet_v2_035';
const ROUNDS = 3;
/** Images a class; with five classes 320 images are ten updates an epoch. */
const SIZE = 64;

const data = process.env.ATTUNE_DATA;
if (data === undefined) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const backend = await selectBackend();
const target = TARGETS[0]!;
const task = await openTask(target, FROM, { data, cache: '' });
const train = task.train(SIZE, 1);

const passes: number[] = [];
const updates = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  const frozen = await loadPretrained(FROM, { classes: task.classes, size: target.pixels });
  await computeFeatures(frozen, train.slice(0, 32), { batchSize: 32 });
  const started = performance.now();
  await computeFeatures(frozen, train, { batchSize: 32 });
  passes.push((performance.now() - started) / 1000 / train.length);
  frozen.dispose();
  for (const plan of PLANS.filter((each) => !each.frozen)) {
    const candidate = plan.candidates(FROM, '')[1]!;
    const settings = { ...settingsOf(candidate, target, SIZE, task.classes, 1), epochs: 2 };
    const { network } = await startNetwork({
      from: FROM,
      plan: candidate.plan,
      classes: task.classes,
      seed: 1,
      size: settings.size,
    });
    const result = await trainOnImages({ network, plan: candidate.plan, seed: 1, settings, train, validation: [] });
    network.dispose();
    // The first epoch compiles.
    const { 'charts/seconds': seconds } = result.history.at(-1)!;
    updates.set(plan.name, [...(updates.get(plan.name) ?? []), seconds / train.length]);
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const pass = median(passes);
const costs = Object.fromEntries(
  [...updates].map(([plan, seconds]) => [plan, Number((median(seconds) / pass).toPrecision(2))]),
);
const record = {
  command: 'packages/vision/bench/transfer-study/costs.ts',
  network: FROM,
  pixels: target.pixels,
  versions: { attune: VERSION, tensorflow: tf.version_core, node: process.versions.node },
  backend: backend.name,
  rounds: ROUNDS,
  secondsPerImage: pass,
  costs,
};
await writeFileAtomic(join(RECORDS, 'plan-costs.json'), `${JSON.stringify(record, null, 2)}\n`);
console.log(costs);
