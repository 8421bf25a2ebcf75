/**
 * What trials on the images to learn from would have told: every plan that the advisor may try, trained on two thirds of
 * them and scored on the third that was left out, the same thirds for all plans. No test image is seen. It goes on where it
 * was stopped.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/transfer-study/trials.ts
 *     [--targets NAME,...] [--from NETWORK] [--sizes N,...] [--minutes N]
 *
 * A log for each target is kept in packages/vision/bench/records/trials. Settings are those that `run.ts` chose.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectBackend, stratifiedFolds, tf, VERSION } from '@attune/core';
import { openStudyLog } from '@attune/report/node';
import { middleSize } from './cells.ts';
import { finalRuns, measurementsIn, RECORDS } from './known-tasks.ts';
import { bestEarlierLayerFor } from './layers.ts';
import { measure } from './measure.ts';
import { PLANS } from './plans.ts';
import { TARGETS, type Target } from './targets.ts';
import { openTask } from './task.ts';

/** Tried everywhere; the others where `run.ts` measured them, at the middle size. */
const TRIED = ['linear-probe', 'earlier-layer', 'probe-then-full', 'full', 'modular'];
const TRIED_AT_MIDDLE = ['l2-sp', 'lora'];
const FOLDS = 3;
/** From so many images on, the first fold is enough: its images are many. */
const ONE_FOLD_FROM = 100;
const SEEDS = [1, 2, 3];

const { values: options } = parseArgs({
  options: {
    targets: { type: 'string' },
    from: { type: 'string', default: 'mobilenet_v2_035' },
    sizes: { type: 'string' },
    minutes: { type: 'string' },
  },
});
const { from } = options;
const data = process.env.ATTUNE_DATA ?? '';
if (data === '') throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const cache = fileURLToPath(new URL('../../node_modules/.cache/transfer-study', import.meta.url));
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);
const names = options.targets?.split(',') ?? TARGETS.map(({ name }) => name);

const backend = await selectBackend();
const runs = finalRuns(await measurementsIn('transfer'));
await mkdir(join(RECORDS, 'trials'), { recursive: true });
const sizesOf = (target: Target) => [
  ...new Set([middleSize(target), ...target.sizes.filter((n) => [5, 10, 100].includes(n))]),
];
const wanted = options.sizes?.split(',').map(Number);
for (const name of names) {
  const target = TARGETS.find((each) => each.name === name)!;
  for (const size of sizesOf(target)) if (wanted?.includes(size) ?? true) await trials(target, size);
}

async function trials(target: Target, size: number): Promise<void> {
  const log = await openStudyLog(join(RECORDS, 'trials', `${target.name}-${from}.jsonl`), {
    study: 'trials',
    domain: 'vision',
    command: 'packages/vision/bench/transfer-study/trials.ts',
    versions: { attune: VERSION, tensorflow: tf.version_core },
    backend: backend.name,
  });
  const task = await openTask(target, from, { data, cache });
  const plans = size === middleSize(target) ? [...TRIED, ...TRIED_AT_MIDDLE] : TRIED;
  for (const seed of SEEDS) {
    const images = task.train(size, seed);
    const foldOf = stratifiedFolds(
      images.map(({ label }) => label),
      FOLDS,
      seed,
    );
    for (let fold = 0; fold < (size < ONE_FOLD_FROM ? FOLDS : 1); fold++) {
      const train = images.filter((_, i) => foldOf[i] !== fold);
      const test = images.filter((_, i) => foldOf[i] === fold);
      for (const plan of plans) {
        if (performance.now() > deadline) return;
        const factors = { target: target.name, from, size, plan, fold };
        const chosen = runs.find(
          ({ factors }) =>
            factors.target === target.name && factors.from === from && factors.size === size && factors.plan === plan,
        )?.settings?.candidate;
        if (log.has(factors, seed) || chosen === undefined) continue;
        const layer = plan === 'earlier-layer' ? await bestEarlierLayerFor(from, task, train, seed) : '';
        const candidate = PLANS.find((each) => each.name === plan)!.candidates(from, layer)[Number(chosen)]!;
        // Epochs for the images that are left.
        const outcome = await measure({ from, candidate, task, size: (size * (FOLDS - 1)) / FOLDS, seed, train, test });
        const right = outcome.right.map(Number).join('');
        await log.append({
          factors,
          seed,
          metrics: outcome.metrics,
          settings: { ...outcome.settings, right },
          seconds: outcome.seconds,
        });
        console.log(
          `${target.name} ${size} ${plan} seed ${seed} fold ${fold}: ${(100 * outcome.metrics.accuracy).toFixed(1)} % (${outcome.seconds} s)`,
        );
      }
    }
  }
}
