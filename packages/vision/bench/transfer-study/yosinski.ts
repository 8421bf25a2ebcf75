/**
 * Yosinski et al. 2014, arXiv:1411.1792, on a small scale: how transferable is each layer? The ten classes of CIFAR-10 are
 * split at random into halves A and B, and a small residual network is trained on each. Then the first n layer groups of
 * one are carried over to a new network for a half, the others start fresh, and all is trained on that half: from the
 * other half (AnB) or from the same (BnB), the carried groups frozen or, with a plus, tuned along.
 *
 * Every number is paired with the base network of its own target half and seed: the published runs were not, which is
 * where their difference between AnB+ and BnB+ comes from.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/vision/bench/transfer-study/yosinski.ts [--minutes N]
 *
 * Goes on where it was stopped; the log is kept in packages/vision/bench/records/yosinski.jsonl.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { ImageNetwork, TransferPlan } from '@attune/core';
import { carryOver, networkValues, Random, selectBackend, tf, VERSION } from '@attune/core';
import { openStudyLog } from '@attune/report/node';
import type { Example, VisionSettings } from '@attune/vision';
import { evaluateImages, NO_AUGMENTATION, openImages, trainOnImages } from '@attune/vision';
import { createNetwork } from '@attune/zoo';

const PIXELS = 32;
const CLASSES = 10;
/** Images a class to learn from. */
const SIZE = 300;
/** Random splits into halves; each gives two targets. */
const SPLITS = [1, 2];
const NETWORK = 'shapes_cnn';
/** Its layer groups below the head. */
const DEPTH = 4;

/** The same for every network; chosen for time's sake before any transfer was measured. */
const SETTINGS: VisionSettings = {
  optimizer: 'adamw',
  epochs: 8,
  batchSize: 64,
  learningRate: 3e-3,
  warmUp: 0.1,
  weightDecay: 0.01,
  labelSmoothing: 0,
  patience: null,
  monitor: null,
  size: PIXELS,
  augmentation: { ...NO_AUGMENTATION, flip: true, crop: { scale: [0.7, 1], ratio: [4 / 5, 5 / 4] } },
};

interface Half {
  readonly train: readonly Example[];
  readonly test: readonly Example[];
}

const here = fileURLToPath(new URL('.', import.meta.url));
const { values: options } = parseArgs({ options: { minutes: { type: 'string' } } });
const data = process.env.ATTUNE_DATA;
if (data === undefined) throw new Error('Set ATTUNE_DATA to the folder that holds vision/.');
const deadline = performance.now() + 60_000 * Number(options.minutes ?? Number.POSITIVE_INFINITY);

const backend = await selectBackend();
const log = await openStudyLog(join(here, '../records/yosinski.jsonl'), {
  study: 'yosinski',
  domain: 'vision',
  command: 'packages/vision/bench/transfer-study/yosinski.ts',
  versions: { attune: VERSION, tensorflow: tf.version_core },
  backend: backend.name,
});
const { splits } = await openImages(join(data, 'vision/cifar10'), {
  resize: PIXELS,
  shares: { validation: 0, test: 0 },
});

for (const split of SPLITS) await study(split);

async function study(split: number): Promise<void> {
  const order = Random.fromSeed(split).fork('halves').permutation(CLASSES);
  const halves = { A: halfOf(order.slice(0, CLASSES / 2), split), B: halfOf(order.slice(CLASSES / 2), split) };
  const bases = new Map<string, Awaited<ReturnType<typeof networkValues>>>();
  for (const name of ['A', 'B'] as const) {
    const network = createNetwork(NETWORK, { classes: CLASSES / 2, seed: split, size: PIXELS });
    // Trained again where the log has it already: its weights are what the others start from.
    await trainAndLog(network, halves[name], { target: name, source: 'none', carried: 0, tuned: 'yes' }, split, []);
    bases.set(name, await networkValues(network));
    network.dispose();
  }
  for (const target of ['A', 'B'] as const)
    for (const source of ['A', 'B'] as const)
      for (const tuned of ['no', 'yes'])
        for (let carried = 1; carried <= DEPTH; carried++) {
          if (performance.now() > deadline) return;
          const factors = { target, source, carried, tuned };
          if (log.has(factors, split)) continue;
          const network = createNetwork(NETWORK, { classes: CLASSES / 2, seed: 100 + split, size: PIXELS });
          const groups = network.layerGroups.slice(0, carried).map(({ name }) => name);
          carryOver(network, bases.get(source)!, { what: 'groups', groups });
          await trainAndLog(network, halves[target], factors, split, tuned === 'yes' ? [] : groups);
          network.dispose();
        }
}

function halfOf(classes: readonly number[], seed: number): Half {
  const of = (examples: readonly Example[], most: number) =>
    classes.flatMap((label, i) =>
      Random.fromSeed(seed)
        .fork(`class ${label}`)
        .shuffle(examples.filter((example) => example.label === label))
        .slice(0, most)
        .map((example) => ({ ...example, label: i })),
    );
  return { train: of(splits.train, SIZE), test: of(splits.test, Number.POSITIVE_INFINITY) };
}

async function trainAndLog(
  network: ImageNetwork,
  { train, test }: Half,
  factors: { target: string; source: string; carried: number; tuned: string },
  seed: number,
  frozen: readonly string[],
): Promise<void> {
  const groups = network.layerGroups.map(({ name }) => name).filter((name) => !frozen.includes(name));
  const plan: TransferPlan = {
    version: 1,
    name: 'yosinski',
    // The weights are in place already; nothing is held to them.
    carried: { what: 'nothing' },
    moved: { groups: { what: 'groups', groups }, rateDecay: 1, thaw: { when: 'at-once' } },
    held: { to: 'nothing' },
    added: { head: 'new' },
  };
  const started = performance.now();
  await trainOnImages({ network, plan, seed, settings: SETTINGS, train, validation: [] });
  if (log.has(factors, seed)) return;
  const { metrics } = await evaluateImages(network, test);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  await log.append({ factors, seed, metrics: { accuracy: metrics.accuracy, loss: metrics.loss }, seconds });
  console.log(`split ${seed}: ${JSON.stringify(factors)}: ${(100 * metrics.accuracy).toFixed(1)} % (${seconds} s)`);
}
