/**
 * Transfer to real photos, measured: settings are chosen on the training split alone (cross-validation), then the chosen
 * ones are run once on the whole training split with fresh seeds, and scored on the test split. While settings are chosen,
 * the program works on manifests that do not list test images. It goes on where it was stopped.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/photos.ts
 *     [--only hymenoptera|flowers|defaults|inherited] [--quick]
 *
 * Records are written to packages/vision/bench/records (with --quick, to node_modules/.cache); `tables.ts` reads them.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { selectBackend, tf } from '@attune/core';
import {
  openImages,
  scanImages,
  stratifiedFolds,
  type TuneVisionResult,
  tuneVision,
  type VisionSettings,
} from '@attune/vision';
import { quickStudy, STUDIES, type Study } from './studies.ts';
import { candidateScores, choose, machine, readStudy, round, type StudyRecord, writeStudy } from './study-record.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = join(here, '../node_modules/.cache/photos');

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const root = process.env.ATTUNE_DATA;
if (root === undefined) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const chosenStudies = STUDIES.filter(({ part }) => values.only === undefined || part === values.only);
if (chosenStudies.length === 0) throw new Error(`There is no part '${values.only}'.`);

const backend = await selectBackend();
const records = values.quick ? join(cache, 'quick') : join(here, 'records');
for (const study of chosenStudies) await runStudy(values.quick ? quickStudy(study) : study);
console.log('stats', JSON.stringify((tf.backend() as { stats?: () => unknown }).stats?.()));

async function runStudy(study: Study): Promise<void> {
  const data = join(root!, 'vision', study.data);
  let record = await readStudy(records, study);
  const selection = study.grid.map((_, i) => [...(record?.selection[i] ?? [])]);
  const keep = async (change: Partial<StudyRecord>) => {
    record = { ...record!, ...change };
    await writeStudy(records, record);
  };
  for (let fold = 0; fold < study.folds.used; fold++) {
    const manifest = await foldManifest(data, study, fold);
    for (const [i, settings] of study.grid.entries()) {
      if (selection[i]!.some((score) => score.fold === fold)) continue;
      const trial = { ...settings, epochs: Math.ceil((study.trial ?? 1) * settings.epochs) };
      const { seconds, result } = await tune(study, manifest, trial, fold);
      if (result.test !== null) throw new Error('the manifest of a fold listed test images');
      const { examples, accuracy, loss } = result.validation!.metrics;
      selection[i]!.push({ fold, examples, accuracy, loss, seconds });
      const { versions, source } = result.record;
      record ??= {
        study,
        data: await describeData(data),
        source: source?.sha256 ?? null,
        versions: { ...versions, backend: backend.name },
        machine: machine(),
        selection,
        chosen: null,
        runs: [],
      };
      await keep({ selection });
      console.log(`${study.name}: candidate ${i}, fold ${fold}: ${percent(accuracy)} (${seconds} s)`);
    }
  }
  const chosen = choose(candidateScores(record!));
  await keep({ chosen });
  console.log(`${study.name}: candidate ${chosen} of ${study.grid.length} is chosen`);
  for (const seed of study.seeds) {
    if (record!.runs.some((run) => run.seed === seed)) continue;
    // Nothing is left to choose: all of the training split is trained on.
    const { seconds, result } = await tune(study, data, study.grid[chosen]!, seed, { validation: 0, test: 0 });
    const { metrics, predictions } = result.test!;
    const sorted = [...predictions].sort((a, b) => (a.name < b.name ? -1 : 1));
    const { train, test } = result.record.data.examples;
    const run = {
      seed,
      steps: result.fit.steps,
      trainingSeconds: round(result.record.result!.seconds),
      seconds,
      load: round(loadavg()[0]!),
      examples: { train, test },
      trainingLoss: result.fit.best['train/loss'],
      trainingAccuracy: result.fit.best['train/accuracy'],
      test: metrics,
      right: sorted.map(({ label, prediction }) => (label === prediction ? '1' : '0')).join(''),
    };
    await keep({ runs: [...record!.runs, run] });
    console.log(`${study.name}: seed ${seed}: test ${percent(metrics.accuracy)} (${seconds} s)`);
  }
}

async function tune(
  { from, plan }: Study,
  data: string,
  settings: VisionSettings,
  seed: number,
  shares?: { validation: number; test: number },
): Promise<{ result: TuneVisionResult; seconds: number }> {
  const started = performance.now();
  const featureCache = join(cache, 'features');
  await mkdir(featureCache, { recursive: true });
  const result = await tuneVision({ data, from, plan, seed, settings, featureCache, ...(shares ? { shares } : {}) });
  result.network.dispose();
  return { result, seconds: round((performance.now() - started) / 1000) };
}

async function describeData(data: string): Promise<StudyRecord['data']> {
  const { fingerprint, classes, skipped } = await openImages(data, { resize: 32 });
  return { fingerprint, classes, skipped: skipped.length };
}

/** A manifest of the training split alone, one of its folds marked as validation. */
async function foldManifest(data: string, { name, folds }: Study, fold: number): Promise<string> {
  const { classes, images } = await scanImages(data);
  const training = images.filter(({ split }) => split === 'train');
  const labels = training.map(({ classNames }) => classes.indexOf(classNames[0]!));
  const foldOf = stratifiedFolds(labels, folds.of, folds.seed);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = training.map(
    ({ file, classNames }, i) => `${quoted(file)},${quoted(classNames[0]!)},${foldOf[i] === fold ? 'val' : 'train'}`,
  );
  const path = join(cache, `${name}-fold-${fold}.csv`);
  await mkdir(cache, { recursive: true });
  await writeFile(path, `path,label,split\n${lines.join('\n')}\n`);
  return path;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
