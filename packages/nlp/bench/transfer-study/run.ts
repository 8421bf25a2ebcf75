/**
 * How transferable text networks are (Mou et al. 2016, arXiv:1603.06111): what carries over of embedding, hidden layers and
 * output, by initialisation and by joint training, on four transfers with three to five seeds; and which plan does best with few
 * examples. It goes on where it was stopped, and processes that run it side by side share the work.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/transfer-study/run.ts
 *     [--sources NAME,...] [--parts NAME,...] [--targets NAME,...] [--vectors random|word2vec] [--minutes N] [--quick]
 *
 * With --quick it runs on generated tasks, one seed, in minutes, and keeps nothing.
 *
 * A log for each experiment and part is kept in packages/nlp/bench/records/transfer; `tables.ts` reads them.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { selectBackend } from '@attune/core';
import type { StudyLog } from '@attune/report/node';
import { type Cell, cellsOf, PARTS, seedsOf } from './cells.ts';
import { claimed } from './claims.ts';
import { fewEpochs } from './few-plans.ts';
import { measure, testSource } from './measure.ts';
import { EPOCHS, PATIENCE, SETTINGS } from './settings.ts';
import { type SourceNetworks, sourceNetworks } from './sources.ts';
import { CACHE, openTransferLog, RECORDS, requireData } from './study-files.ts';
import {
  EXPERIMENTS,
  type Experiment,
  type OpenedExperiment,
  openExperiment,
  perClass,
  QUICK_EXPERIMENTS,
  shareOf,
} from './tasks.ts';
import { type Vectors, word2vecOfSize } from './vectors.ts';

const { values: options } = parseArgs({
  options: {
    sources: { type: 'string' },
    parts: { type: 'string' },
    targets: { type: 'string' },
    vectors: { type: 'string', default: 'random' },
    minutes: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const { quick } = options;
const FIRST_SEED = 1;
const data = quick ? undefined : requireData();
const vectorsName = options.vectors === 'word2vec' && !quick ? 'word2vec' : 'random';
const folder = quick ? join(CACHE, 'quick') : CACHE;
const records = quick ? join(folder, 'records') : RECORDS;
const chosen = <Name extends string>(names: readonly Name[], asked: string | undefined): Name[] =>
  names.filter((name) => asked?.split(',').includes(name) ?? true);
const experiments = quick ? QUICK_EXPERIMENTS : EXPERIMENTS;
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);

const backend = await selectBackend();
if (quick) await rm(folder, { recursive: true, force: true });
await mkdir(records, { recursive: true });
for (const source of chosen(
  experiments.map((each) => each.source),
  options.sources,
))
  await study(experiments.find((each) => each.source === source)!);

async function study(experiment: Experiment): Promise<void> {
  // Opened when a run is missing: a study that is complete need not read its texts.
  let opening: Promise<Opened> | undefined;
  for (const part of chosen(PARTS, options.parts)) {
    const cells = cellsOf(experiment, part, vectorsName, quick).filter(
      ({ factors }) => options.targets?.split(',').includes(factors.target) ?? true,
    );
    if (cells.length === 0) continue;
    // A log has one writer at a time; another process that runs the study takes other parts.
    const piece = `${experiment.source}-${part}-${vectorsName}`;
    await claimed(folder, piece, async () => {
      const log = await openTransferLog('run.ts', join(records, `${piece}.jsonl`), backend.name);
      // Seed by seed, so that a study that is cut short has compared all plans on some of them.
      for (const seed of quick ? [FIRST_SEED] : seedsOf(experiment, part, vectorsName))
        for (const cell of cells) {
          if (performance.now() > deadline) return;
          if (log.has(cell.factors, seed)) continue;
          opening ??= open(experiment);
          await runCell(await opening, cell, seed, log);
        }
    });
  }
}

interface Opened {
  readonly opened: OpenedExperiment;
  readonly networks: SourceNetworks;
}

async function open(experiment: Experiment): Promise<Opened> {
  const opened = await openExperiment(experiment, data);
  const vectors: Vectors =
    vectorsName === 'word2vec' && data !== undefined
      ? await word2vecOfSize(opened.vocabulary, SETTINGS.network.embeddingSize, data)
      : { name: 'random' };
  return { opened, networks: sourceNetworks(opened, { folder, vectors }) };
}

async function runCell(opened: Opened, cell: Cell, seed: number, log: StudyLog): Promise<void> {
  const { factors } = cell;
  const learningRate = cell.rates && (await chosenRate(opened, cell, log));
  const { metrics, settings, seconds } = await outcomeOf(opened, cell, seed, learningRate);
  await log.append({ factors, seed, metrics, settings, seconds });
  const name = Object.values(factors).join(' ');
  console.log(`${name} seed ${seed}: ${(100 * metrics.accuracy!).toFixed(1)} % (${seconds} s)`);
}

async function outcomeOf({ opened, networks }: Opened, cell: Cell, seed: number, learningRate: number | undefined) {
  const { plan, examples, share = 1, factors } = cell;
  const target = opened.targets.get(factors.target)!;
  const from =
    cell.from === undefined && plan !== undefined
      ? undefined
      : await networks.trained(seed, cell.from === 'best' ? undefined : cell.from);
  if (plan === undefined) return testSource(networks, target, from!, seed);
  const train = examples === undefined ? shareOf(target.train, share, seed) : perClass(target.train, examples, seed);
  const epochs = examples === undefined ? (cell.epochs ?? EPOCHS) : fewEpochs(train.texts.length);
  const settings = { ...cell.settings, ...(learningRate && { learningRate }) };
  return measure({
    opened,
    networks,
    target,
    plan,
    from,
    train,
    seed,
    epochs,
    patience: examples === undefined ? (cell.patience ?? PATIENCE) : undefined,
    settings,
  });
}

/** The rate with the best validation, at the middle number of examples and the first seed. */
async function chosenRate(opened: Opened, cell: Cell, log: StudyLog): Promise<number> {
  // A look is not worth three times the runs.
  if (quick) return cell.rates![1]!;
  const seed = FIRST_SEED;
  const scores = new Map<number, number>();
  for (const rate of cell.rates!) {
    const examples = 32;
    const factors = { ...cell.factors, part: 'few-rates', examples, rate };
    if (!log.has(factors, seed)) {
      const { metrics, settings, seconds } = await outcomeOf(opened, { ...cell, examples }, seed, rate);
      // The choice is made by validation alone.
      await log.append({ factors, seed, metrics: { validation: metrics.validation! }, settings, seconds });
    }
    const known = log.measurements.find(
      (each) => each.seed === seed && Object.entries(factors).every(([name, value]) => each.factors[name] === value),
    )!;
    scores.set(rate, known.metrics.validation!);
  }
  return [...scores].sort((a, b) => b[1] - a[1])[0]![0];
}
