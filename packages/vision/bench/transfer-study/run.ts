/**
 * The four scenarios of transfer, measured: every plan on every target at every size, settings chosen on training images
 * that are not learned from, three seeds each. It goes on where it was stopped, and several processes may each take some
 * of the targets.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/transfer-study/run.ts
 *     [--targets NAME,...] [--from NETWORK] [--sizes N,...] [--plans NAME,...] [--minutes N] [--quick]
 *
 * With --quick it runs on the generated tasks and the embedded network alone, one seed, in minutes, and keeps nothing.
 *
 * A log for each target is kept in packages/vision/bench/records/transfer; `tables.ts` reads them.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectBackend, suggestNames, tf, VERSION } from '@attune/core';
import { openStudyLog, type StudyLog } from '@attune/report/node';
import { cellsOf, middleSize } from './cells.ts';
import { bestEarlierLayer } from './layers.ts';
import { measure } from './measure.ts';
import { CANDIDATES, PLANS } from './plans.ts';
import { QUICK_TARGETS, TARGETS, type Target } from './targets.ts';
import { openTask, type Task } from './task.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = join(here, '../../node_modules/.cache/transfer-study');
/** Share of the updates that candidates are given while they are chosen from. */
const TRIAL = 0.5;

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string' },
    from: { type: 'string' },
    sizes: { type: 'string' },
    plans: { type: 'string' },
    minutes: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const { quick } = options;
const from = options.from ?? (quick ? 'shapes_cnn' : 'mobilenet_v2_035');
const seeds = quick ? [1] : [1, 2, 3];
const targets = quick ? QUICK_TARGETS : TARGETS;
const records = quick ? join(cache, 'quick') : join(here, '../records/transfer');
const data = process.env.ATTUNE_DATA ?? '';
if (data === '' && !quick) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const names = options.targets?.split(',') ?? targets.map(({ name }) => name);
const sizes = options.sizes?.split(',').map(Number);
const plans = options.plans?.split(',');
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);

const backend = await selectBackend();
if (quick) await rm(records, { recursive: true, force: true });
await mkdir(records, { recursive: true });
for (const name of names) {
  const target = targets.find((each) => each.name === name);
  if (target === undefined)
    throw new Error(
      `There is no target '${name}'. ${suggestNames(
        name,
        targets.map((each) => each.name),
      )}`,
    );
  await study(target);
}

async function study(target: Target): Promise<void> {
  const log = await openStudyLog(join(records, `${target.name}-${from}.jsonl`), {
    study: 'transfer',
    domain: 'vision',
    command: 'packages/vision/bench/transfer-study/run.ts',
    versions: { attune: VERSION, tensorflow: tf.version_core },
    backend: backend.name,
  });
  const task = await openTask(target, from, { data, cache });
  for (const { size, plan } of cellsOf(target)) {
    if (sizes?.includes(size) === false || plans?.includes(plan) === false) continue;
    for (const seed of seeds) {
      if (performance.now() > deadline) return;
      const factors = { target: target.name, from, size, plan };
      if (log.has(factors, seed)) continue;
      const chosen = await chosenCandidate(log, task, plan);
      const { layer, candidate } = await candidateFor(task, plan, size, seed, chosen);
      const train = task.train(size, seed);
      const outcome = await measure({ from, candidate, task, size, seed, train, test: task.test });
      const settings = { candidate: chosen, ...outcome.settings, ...(layer === undefined ? {} : { layer }) };
      await log.append({ factors, seed, metrics: outcome.metrics, settings, seconds: outcome.seconds });
      console.log(
        `${target.name} ${size} ${plan} seed ${seed}: ${(100 * outcome.metrics.accuracy).toFixed(1)} % (${outcome.seconds} s)`,
      );
    }
  }
}

/** The candidate with the best accuracy on images that are not learned from, at the middle size. */
async function chosenCandidate(log: StudyLog, task: Task, plan: string): Promise<number> {
  const size = middleSize(task.target);
  const seed = seeds[0]!;
  const scores: { accuracy: number; loss: number }[] = [];
  for (let i = 0; i < CANDIDATES; i++) {
    const factors = { target: task.target.name, from, size, plan, candidate: i };
    if (!log.has(factors, seed)) {
      const { candidate } = await candidateFor(task, plan, size, seed, i);
      const [train, test] = [task.train(size, seed), task.validation(size, seed)];
      const outcome = await measure({ from, candidate, task, size, seed, train, test, share: TRIAL });
      await log.append({
        factors,
        seed,
        metrics: outcome.metrics,
        settings: outcome.settings,
        seconds: outcome.seconds,
      });
    }
    const { metrics } = log.measurements.find(
      (each) => each.seed === seed && each.factors.plan === plan && each.factors.candidate === i,
    )!;
    scores.push(metrics as { accuracy: number; loss: number });
  }
  const best = [...scores].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss)[0]!;
  return scores.indexOf(best);
}

async function candidateFor(task: Task, plan: string, size: number, seed: number, number: number) {
  const layer = plan === 'earlier-layer' ? await bestEarlierLayer(from, task, size, seed) : undefined;
  return { layer, candidate: comparedPlan(plan).candidates(from, layer ?? '')[number]! };
}

function comparedPlan(name: string) {
  return PLANS.find((plan) => plan.name === name)!;
}
