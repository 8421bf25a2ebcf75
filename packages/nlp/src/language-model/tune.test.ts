/** Language models that learn texts of another kind, by plan: what they learn, and what they forget. */
import type { Checkpoint, TransferPlan } from '@attune/core';
import { namedPlan, networkValues, selectBackend, tf } from '@attune/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshModel, pretrainedModel } from '../../test/tiny-language-model.ts';
import { domainTexts } from '../../test/two-domains.ts';
import { languageModelPlan } from './extend-decoder.ts';
import type { LanguageModel } from './language-model.ts';
import { perplexity } from './perplexity.ts';
import { type TuneLanguageModelOptions, tuneLanguageModel } from './tune.ts';

let from: LanguageModel;
beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
  from = await pretrainedModel();
});

const options = (more: Partial<TuneLanguageModelOptions> = {}): TuneLanguageModelOptions => ({
  from,
  texts: domainTexts('reports', 100, 3),
  plan: 'full',
  epochs: 6,
  learningRate: 3e-3,
  length: 32,
  ...more,
});
const HELD: TransferPlan = { ...namedPlan('distill'), held: { to: 'outputs', strength: 1, temperature: 1 } };
const WIDE_LORA: TransferPlan = {
  ...namedPlan('lora'),
  added: { head: 'new', lora: { rank: 8, alpha: 16, targets: ['layer.*'] } },
};

/** Perplexities of texts that were not trained on. */
async function measured(model: LanguageModel) {
  const [walks, reports] = await Promise.all(
    (['walks', 'reports'] as const).map((domain) => perplexity(model, domainTexts(domain, 20, 2))),
  );
  return { walks: walks!.perplexity, reports: reports!.perplexity };
}
async function tuned(more: Partial<TuneLanguageModelOptions>) {
  const model = await tuneLanguageModel(options(more));
  const result = await measured(model);
  model.network.dispose();
  return result;
}

describe('tuneLanguageModel', () => {
  it('learns by full tuning and by LoRA, and forgets less where it is held to the original', async () => {
    const before = await measured(from);
    expect(before.walks).toBeLessThan(2);
    expect(before.reports).toBeGreaterThan(100);
    const [full, lora, held] = [
      await tuned({ plan: 'full' }),
      await tuned({ plan: WIDE_LORA }),
      await tuned({ plan: HELD }),
    ];
    for (const { reports } of [full, lora, held]) expect(reports).toBeLessThan(5);
    expect(full.walks).toBeGreaterThan(2 * held.walks);
    expect(lora.walks).toBeGreaterThan(2 * held.walks);
    expect(held.walks).toBeLessThan(2 * before.walks);
    // Not because it learnt less: full tuning at a lower rate, that learnt no more, still forgot more.
    const slow = await tuned({ plan: 'full', learningRate: 1e-3 });
    expect(slow.reports).toBeGreaterThan(held.reports);
    expect(slow.walks).toBeGreaterThan(1.5 * held.walks);
  });

  it('leaves the model that it starts from as it is, and nothing else behind', async () => {
    const before = await networkValues(from.network);
    const tensors = tf.memory().numTensors;
    for (const plan of [HELD, 'lora']) {
      const { network, lora } = await tuneLanguageModel(options({ plan, epochs: 1 }));
      expect(network.layerGroups.map(({ name }) => name)).toEqual(['embeddings', 'layer.0', 'layer.1', 'head']);
      expect(lora?.map(([name]) => name)).toEqual(
        plan === 'lora'
          ? [0, 1].flatMap((i) =>
              ['query', 'value'].flatMap((part) =>
                ['a', 'b'].map((side) => `layer.${i}.attention.${part}.weight.lora_${side}`),
              ),
            )
          : undefined,
      );
      network.dispose();
    }
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await networkValues(from.network)).toEqual(before);
  });

  it.each([
    'discriminative',
    'gradual',
    'l2-sp',
    'delta',
    'bitfit',
    'adapters',
    'wise',
    'linear-probe',
    'last-2',
    'surgical-layer.1',
  ])('learns by the plan %s', async (plan) => {
    const { fit, network } = await tuneLanguageModel(options({ plan, epochs: 3, learningRate: 1e-2 }));
    expect(fit.history.at(-1)!['train/loss']).toBeLessThan(fit.history[0]!['train/loss']);
    network.dispose();
  });

  it('keeps the best weights by validation', async () => {
    const validation = domainTexts('walks', 10, 5);
    const { fit, network } = await tuneLanguageModel(options({ validation, epochs: 3 }));
    expect(fit.best.epoch).toBe(0);
    expect(fit.history[2]!['validation/loss']).toBeGreaterThan(fit.history[0]!['validation/loss']!);
    network.dispose();
  });

  it('goes on exactly from any step, dropout included', async () => {
    const dropped = freshModel({ dropout: { embeddings: 0.1, residual: 0.1, attention: 0.1 } });
    const run = { from: dropped, plan: 'lora', epochs: 2, texts: domainTexts('reports', 20, 3), batchSize: 4 };
    const checkpoints: Checkpoint[] = [];
    const recorder = {
      epoch: async () => {},
      checkpoint: async (checkpoint: Checkpoint) => void checkpoints.push(structuredClone(checkpoint)),
    };
    const expected = await tuneLanguageModel(options({ ...run, recorder, checkpointSeconds: 0 }));
    const values = await networkValues(expected.network);
    expect(checkpoints.length).toBeGreaterThan(3);
    for (const resume of [checkpoints[0]!, checkpoints.at(-2)!]) {
      const resumed = await tuneLanguageModel(options({ ...run, resume }));
      expect(await networkValues(resumed.network)).toEqual(values);
      resumed.network.dispose();
    }
    expected.network.dispose();
    dropped.network.dispose();
  });

  it('refuses what it cannot do', async () => {
    const tensors = tf.memory().numTensors;
    const refused = (more: Partial<TuneLanguageModelOptions>, message: string) =>
      expect(tuneLanguageModel(options(more))).rejects.toThrow(message);
    await refused({ plan: 'fulll' }, "There is no plan 'fulll'");
    await refused({ plan: 'modular' }, "The plan 'modular' has a module");
    await refused({ plan: 'probe-at-layer.0' }, 'has a head on an earlier layer');
    await refused({ plan: 'surgical-layer.7' }, "no layer group 'layer.7'");
    await refused({ texts: [] }, 'the texts are empty');
    await refused({ length: 65 }, 'tiny takes 64 tokens');
    await refused({ learningRate: 0 }, 'learningRate is 0');
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

it('languageModelPlan keeps the head, and what is carried but it', () => {
  const plan = languageModelPlan(namedPlan('delta'));
  expect(plan).toEqual({
    ...namedPlan('delta'),
    carried: { what: 'everything' },
    held: { ...namedPlan('delta').held, attention: 'uniform' },
    added: { head: 'none' },
  });
  expect(languageModelPlan(namedPlan('scratch')).carried).toEqual({ what: 'nothing' });
});
