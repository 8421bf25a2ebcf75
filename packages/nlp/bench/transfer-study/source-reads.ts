/**
 * What SNLI's source networks read: their accuracy on the source's validation as it is, and with every hypothesis beside the
 * premise of another pair. What is left then is known from the hypothesis alone, and tells nothing of inference.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/transfer-study/source-reads.ts
 *
 * Uses the networks that `run.ts` has trained, or trains them; `tables.ts` reads the log.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assignNetworkValues, evaluate, Random, selectBackend, tf, UserError, VERSION } from '@attune/core';
import { encodeExamples, type TextExample } from '@attune/nlp';
import { openStudyLog } from '@attune/report/node';
import { seedsOf } from './cells.ts';
import { openStudyData, type StudyDataName } from './data.ts';
import { SETTINGS, sourceOf } from './settings.ts';
import { sourceNetworks } from './sources.ts';
import { EXPERIMENTS, MOST_WORDS, openExperiment } from './tasks.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const data = process.env.ATTUNE_DATA;
if (data === undefined) throw new UserError('ATTUNE_DATA is not set.', 'Set it to the folder that holds nlp/.');

const backend = await selectBackend();
const log = await openStudyLog(join(here, '../records/transfer/snli-reads-random.jsonl'), {
  study: 'transfer',
  domain: 'nlp',
  command: 'packages/nlp/bench/transfer-study/source-reads.ts',
  versions: { attune: VERSION, tensorflow: tf.version_core },
  backend: backend.name,
});
for (const experiment of EXPERIMENTS.filter(({ architecture }) => architecture === 'cnn-pair')) {
  const opened = await openExperiment(experiment, data);
  const networks = sourceNetworks(opened, {
    folder: join(here, '../../node_modules/.cache/transfer-study'),
    vectors: { name: 'random' },
  });
  const { splits } = await openStudyData(experiment.source as StudyDataName, { data });
  for (const seed of seedsOf(experiment, 'init', 'random')) {
    const { values } = await networks.trained(seed);
    const network = networks.create(opened.source.classes, seed);
    assignNetworkValues(network, values);
    for (const [premises, examples] of [
      ['their own', splits.validation],
      ["another pair's", withOtherPremises(splits.validation, seed)],
    ] as const) {
      const factors = {
        part: 'reads',
        source: experiment.source,
        target: experiment.source,
        vectors: 'random',
        premises,
      };
      if (log.has(factors, seed)) continue;
      const started = performance.now();
      const encoded = encodeExamples(examples, opened.vocabulary, { maxLength: MOST_WORDS });
      const { batchSize } = SETTINGS.fit();
      const { accuracy, loss } = await evaluate({ network, source: sourceOf(encoded, false), batchSize });
      const seconds = Math.round((performance.now() - started) / 10) / 100;
      await log.append({ factors, seed, metrics: { accuracy, loss }, settings: {}, seconds });
      console.log(`${experiment.source} seed ${seed}, premises ${premises}: ${(100 * accuracy).toFixed(1)} %`);
    }
    network.dispose();
  }
}

function withOtherPremises(examples: readonly TextExample[], seed: number): TextExample[] {
  const others = Random.fromSeed(seed).fork('premises').shuffle(examples);
  return examples.map((example, i) => ({ ...example, text: others[i]!.text }));
}
