/**
 * Whether `advise nlp` is right: it is asked about each transfer of the study, of three sources of each, and shown the target's
 * training texts alone. `tables.ts` holds the plan that it recommends against what all rows of INIT came to.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/transfer-study/advice.ts
 *
 * Uses the networks that `run.ts` has trained, or trains them.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectBackend } from '@attune/core';
import { adviseTexts } from '@attune/nlp';
import { where } from '@attune/report';
import { openStudyData, type StudyDataName } from './data.ts';
import { sourceNetworks } from './sources.ts';
import { CACHE, openTransferLog, RECORDS, requireData } from './study-files.ts';
import { EXPERIMENTS, openExperiment } from './tasks.ts';

const SEEDS = [1, 2, 3];
/** Rows of INIT by the names that the advisor uses. */
const ROWS: Readonly<Record<string, string>> = { scratch: 'RRR', 'init-trr': 'FRR', 'init-ttr': 'FFR' };

const data = requireData();

const backend = await selectBackend();
const log = await openTransferLog('advice.ts', join(RECORDS, 'advice-random.jsonl'), backend.name);
const folder = await mkdtemp(join(tmpdir(), 'advice-'));
try {
  for (const experiment of EXPERIMENTS.filter(({ beside }) => !beside)) {
    const networks = sourceNetworks(await openExperiment(experiment, data), {
      folder: CACHE,
      vectors: { name: 'random' },
    });
    for (const { name: target } of experiment.targets.filter(({ fewOnly }) => !fewOnly)) {
      const { splits, classes } = await openStudyData(target as StudyDataName, { data });
      const table = join(folder, `${target}.jsonl`);
      const rows = splits.train.map(({ text, pair, label }) => ({ text, pair, label: classes[label], split: 'train' }));
      await writeFile(table, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      const known = where(log.measurements, { source: experiment.source, target });
      for (const seed of SEEDS.filter((each) => !known.some((measurement) => measurement.seed === each))) {
        const started = performance.now();
        const advice = await adviseTexts({ data: table, from: await networks.file(seed), seed });
        const { scenario, recommended, depth } = advice;
        const factors = {
          part: 'advice',
          source: experiment.source,
          target,
          vectors: 'random',
          likeness: scenario.likeness,
          plan: ROWS[recommended.plan]!,
        };
        const [below, ...above] = depth.map(({ accuracy }) => accuracy);
        await log.append({
          factors,
          seed,
          metrics: { embedding: below!, hidden: Math.max(...above) },
          settings: {},
          seconds: Math.round((performance.now() - started) / 10) / 100,
        });
        console.log(
          `${experiment.source} > ${target}, seed ${seed}: ${scenario.reasons.likeness}; ${recommended.plan}`,
        );
      }
    }
  }
} finally {
  await rm(folder, { recursive: true });
}
