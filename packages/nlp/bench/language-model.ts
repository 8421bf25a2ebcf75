/**
 * What tuning a language model teaches it and makes it forget, by plan, and what a token costs. On generated texts, and of a
 * pre-trained model of children's stories on film reviews. A few minutes on two cores:
 *
 *   ATTUNE_DATA=DIR npx tsx --conditions=@attune/source packages/nlp/bench/language-model.ts
 *
 * Record: packages/nlp/bench/records/language-model.json.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namedPlan, selectBackend, type TransferPlan, tf } from '@attune/core';
import { type LanguageModel, openLanguageModel, perplexity, TokenByToken, tuneLanguageModel } from '../src/index.ts';
import { pretrainedModel } from '../test/tiny-language-model.ts';
import { domainTexts } from '../test/two-domains.ts';
import { machine, saveBenchRecord } from './bench-record.ts';
import { requireData } from './transfer-study/study-files.ts';

const folder = join(requireData(), 'nlp');
const on = machine();
await selectBackend({ prefer: 'onnx' });

const held = (strength: number): TransferPlan => ({
  ...namedPlan('distill'),
  held: { to: 'outputs', strength, temperature: 1 },
});
const lora: TransferPlan = {
  ...namedPlan('lora'),
  added: { head: 'none', lora: { rank: 8, alpha: 16, targets: ['layer.*'] } },
};

interface Study {
  readonly from: LanguageModel;
  readonly train: readonly string[];
  readonly length: number;
  readonly epochs: number;
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly plans: readonly (readonly [name: string, plan: TransferPlan | string, learningRate: number])[];
}

export interface Forgetting {
  readonly plan: string;
  readonly learningRate: number | null;
  /** Perplexity of what the model was trained on, and of what it was tuned on. */
  readonly source: number;
  readonly target: number;
}

/** Milliseconds for the next token after so many: with keys and values kept, and where all tokens are passed again. */
export interface TokenCost {
  readonly sofar: number;
  readonly kept: number;
  readonly again: number;
}

const generated = await forgetting({
  from: await pretrainedModel(),
  train: domainTexts('reports', 100, 3),
  length: 32,
  epochs: 6,
  source: domainTexts('walks', 20, 2),
  target: domainTexts('reports', 20, 2),
  plans: [
    ['full', 'full', 1e-3],
    ['full', 'full', 3e-3],
    ['LoRA of rank 8, all dense layers', lora, 3e-3],
    ['full, held by KL of strength 1', held(1), 3e-3],
    ['full, held by KL of strength 0.3', held(0.3), 3e-3],
  ],
});

const from = await openLanguageModel(join(folder, 'stories260k', 'stories260K.bin.gz'), {
  tokenizer: join(folder, 'stories260k', 'tok512.bin'),
});
const reviews = (await readFile(join(folder, 'mr', 'rt-polarity.pos'), 'latin1'))
  .split('\n')
  .filter((line) => line !== '');
const stories = await forgetting({
  from,
  train: reviews.slice(0, 400),
  length: 128,
  epochs: 3,
  source: [
    'Once upon a time there was a little girl named Mia. She had a red ball. One day she went to the park with her mom. ' +
      'The ball rolled into the water, and Mia was very sad. A big dog saw the ball. The dog jumped into the water and ' +
      'brought it back. Mia was happy. She said thank you to the dog, and they played all day.',
  ],
  target: reviews.slice(1000, 1040),
  plans: [
    ['full', 'full', 3e-4],
    ['full', 'full', 1e-3],
    ['LoRA of rank 8, all dense layers', lora, 3e-3],
    ['full, held by KL of strength 1', held(1), 1e-3],
  ],
});
await saveBenchRecord('language-model', { machine: on, stories, generated, tokens: await costOfTokens(from) });

async function forgetting({ from, train, length, epochs, source, target, plans }: Study): Promise<Forgetting[]> {
  const rows: Forgetting[] = [];
  const measure = async (plan: string, learningRate: number | null, model: LanguageModel) => {
    const [kept, learnt] = [await perplexity(model, source), await perplexity(model, target)];
    rows.push({ plan, learningRate, source: kept.perplexity, target: learnt.perplexity });
    console.error(rows.at(-1));
  };
  await measure('before', null, from);
  for (const [name, plan, learningRate] of plans) {
    const tuned = await tuneLanguageModel({ from, texts: train, plan, epochs, learningRate, length });
    await measure(name, learningRate, tuned);
    tuned.network.dispose();
  }
  return rows;
}

async function costOfTokens({ network }: LanguageModel): Promise<TokenCost[]> {
  for (const { variable } of network.parameters.values()) variable.trainable = false;
  const rows: TokenCost[] = [];
  for (const length of [64, 256, 512]) {
    const going = new TokenByToken(network, length);
    const all = tf.reshape(tf.range(0, length, 1, 'int32'), [1, length]);
    const timed = async (count: number, run: (i: number) => Promise<unknown>) => {
      await run(0);
      const started = performance.now();
      for (let i = 1; i <= count; i++) await run(i);
      return Math.round((100 * (performance.now() - started)) / count) / 100;
    };
    const kept = await timed(60, (i) => going.next(300 + i));
    const again = await timed(10, async () => {
      const logits = network.apply(all);
      await logits.data();
      logits.dispose();
    });
    rows.push({ sofar: length, kept, again });
    tf.dispose(all);
    going.dispose();
  }
  return rows;
}
