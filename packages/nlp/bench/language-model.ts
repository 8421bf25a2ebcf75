/**
 * What tuning a language model teaches it and makes it forget, by plan, and what a token costs. On generated texts, and, where
 * `$ATTUNE_DATA` has them, of a pre-trained model of children's stories on film reviews. Less than a minute on two cores:
 *
 *   npx tsx --conditions=@attune/source packages/nlp/bench/language-model.ts
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namedPlan, selectBackend, type TransferPlan, tf } from '@attune/core';
import { type LanguageModel, openLanguageModel, perplexity, TokenByToken, tuneLanguageModel } from '../src/index.ts';
import { pretrainedModel } from '../test/tiny-language-model.ts';
import { domainTexts } from '../test/two-domains.ts';

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

async function table({ from, train, length, epochs, source, target, plans }: Study): Promise<void> {
  console.log('\n| plan | learning rate | perplexity of the source | of the target |\n| --- | ---: | ---: | ---: |');
  const row = async (name: string, rate: string, model: LanguageModel) => {
    const [kept, learnt] = [await perplexity(model, source), await perplexity(model, target)];
    console.log(`| ${name} | ${rate} | ${kept.perplexity.toFixed(2)} | ${learnt.perplexity.toFixed(2)} |`);
  };
  await row('before', '', from);
  for (const [name, plan, learningRate] of plans) {
    const tuned = await tuneLanguageModel({ from, texts: train, plan, epochs, learningRate, length });
    await row(name, String(learningRate), tuned);
    tuned.network.dispose();
  }
}

const tiny = await pretrainedModel();
await table({
  from: tiny,
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

const folder = join(process.env.ATTUNE_DATA ?? '', 'nlp');
const model = join(folder, 'stories260k', 'stories260K.bin.gz');
const reviews = join(folder, 'mr', 'rt-polarity.pos');
if (process.env.ATTUNE_DATA === undefined || !existsSync(model) || !existsSync(reviews)) {
  console.log('\nskipped: ATTUNE_DATA has no nlp/stories260k and nlp/mr');
} else {
  const from = await openLanguageModel(model, { tokenizer: join(folder, 'stories260k', 'tok512.bin') });
  const lines = (await readFile(reviews, 'latin1')).split('\n').filter((line) => line !== '');
  await table({
    from,
    train: lines.slice(0, 400),
    length: 128,
    epochs: 3,
    source: [
      'Once upon a time there was a little girl named Mia. She had a red ball. One day she went to the park with her mom. ' +
        'The ball rolled into the water, and Mia was very sad. A big dog saw the ball. The dog jumped into the water and ' +
        'brought it back. Mia was happy. She said thank you to the dog, and they played all day.',
    ],
    target: lines.slice(1000, 1040),
    plans: [
      ['full', 'full', 3e-4],
      ['full', 'full', 1e-3],
      ['LoRA of rank 8, all dense layers', lora, 3e-3],
      ['full, held by KL of strength 1', held(1), 1e-3],
      ['biases (of the head alone: there are no others)', 'bitfit', 1e-2],
    ],
  });

  console.log(
    '\n| tokens so far | ms a token, keys and values kept | ms a token, all passed again |\n| ---: | ---: | ---: |',
  );
  for (const { variable } of from.network.parameters.values()) variable.trainable = false;
  for (const length of [64, 256, 512]) {
    const going = new TokenByToken(from.network, length);
    const all = tf.tensor2d(
      Array.from({ length }, (_, i) => i),
      [1, length],
      'int32',
    );
    const timed = async (count: number, run: (i: number) => Promise<unknown>) => {
      await run(0);
      const started = performance.now();
      for (let i = 1; i <= count; i++) await run(i);
      return ((performance.now() - started) / count).toFixed(2);
    };
    const kept = await timed(60, (i) => going.next(300 + i));
    const again = await timed(10, async () => {
      const logits = from.network.apply(all);
      await logits.data();
      logits.dispose();
    });
    console.log(`| ${length} | ${kept} | ${again} |`);
    tf.dispose(all);
    going.dispose();
  }
}
