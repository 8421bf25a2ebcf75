/**
 * What SNLI's source networks read: their accuracy on the source's validation as it is, and with every hypothesis beside the
 * premise of another pair. What is left then is known from the hypothesis alone, and tells nothing of inference.
 *
 *   ATTUNE_DATA=DIR node --import tsx -C @attune/source packages/nlp/bench/transfer-study/source-reads.ts
 *
 * Uses the networks that `run.ts` has trained, or trains them; `tables.ts` reads the log.
 */
import { join } from 'node:path';
import { assignNetworkValues, evaluate, Random, selectBackend } from '@attune/core';
import { encodeExamples, type TextExample } from '@attune/nlp';
import { seedsOf } from './cells.ts';
import { openStudyData, type StudyDataName } from './data.ts';
import { SETTINGS, sourceOf } from './settings.ts';
import { sourceNetworks } from './sources.ts';
import { CACHE, openTransferLog, RECORDS, requireData } from './study-files.ts';
import { EXPERIMENTS, MOST_WORDS, openExperiment } from './tasks.ts';

const data = requireData();

const backend = await selectBackend();
const log = await openTransferLog('source-reads.ts', join(RECORDS, 'snli-reads-random.jsonl'), backend.name);
for (const experiment of EXPERIMENTS.filter(({ architecture }) => architecture === 'cnn-pair')) {
  const opened = await openExperiment(experiment, data);
  const networks = sourceNetworks(opened, { folder: CACHE, vectors: { name: 'random' } });
  const { source } = experiment;
  const { splits } = await openStudyData(source as StudyDataName, { data });
  for (const seed of seedsOf(experiment, 'init', 'random')) {
    const missing = Object.entries({
      'their own': splits.validation,
      "another pair's": withOtherPremises(splits.validation, seed),
    })
      .map(([premises, examples]) => ({
        factors: { part: 'reads', source, target: source, vectors: 'random', premises },
        examples,
      }))
      .filter(({ factors }) => !log.has(factors, seed));
    if (missing.length === 0) continue;
    const network = networks.create(opened.source.classes, seed);
    assignNetworkValues(network, (await networks.trained(seed)).values);
    for (const { factors, examples } of missing) {
      const started = performance.now();
      const encoded = encodeExamples(examples, opened.vocabulary, { maxLength: MOST_WORDS });
      const { batchSize } = SETTINGS.fit();
      const { accuracy, loss } = await evaluate({ network, source: sourceOf(encoded, false), batchSize });
      const seconds = Math.round((performance.now() - started) / 10) / 100;
      await log.append({ factors, seed, metrics: { accuracy, loss }, settings: {}, seconds });
      console.log(`${source} seed ${seed}, premises ${factors.premises}: ${(100 * accuracy).toFixed(1)} %`);
    }
    network.dispose();
  }
}

function withOtherPremises(examples: readonly TextExample[], seed: number): TextExample[] {
  const others = Random.fromSeed(seed).fork('premises').shuffle(examples);
  return examples.map((example, i) => ({ ...example, text: others[i]!.text }));
}
