/** A pre-trained model of children's stories, where `$ATTUNE_DATA` has it: that it is read as it was trained. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { selectBackend } from '@attune/core';
import { expect, it } from 'vitest';
import { openLanguageModel } from './checkpoint.ts';
import { generateText } from './generate.ts';
import { perplexity } from './perplexity.ts';

const FOLDER = join(process.env.ATTUNE_DATA ?? '', 'nlp', 'stories260k');
const found = process.env.ATTUNE_DATA !== undefined && existsSync(FOLDER);
if (!found)
  console.warn('skipped: stories260k is not there; set ATTUNE_DATA to a data directory that has nlp/stories260k');

const STORY =
  'Once upon a time there was a little girl named Mia. She had a red ball. One day she went to the park with her mom. ' +
  'The ball rolled into the water, and Mia was very sad. A big dog saw the ball. The dog jumped into the water and ' +
  'brought it back. Mia was happy. She said thank you to the dog, and they played all day.';
const SHUFFLED = STORY.split(' ').sort().join(' ');

it.skipIf(!found)('foretells a story, and tells one in words that there are', async () => {
  await selectBackend({ prefer: 'onnx' });
  const model = await openLanguageModel(join(FOLDER, 'stories260K.bin.gz'), { tokenizer: join(FOLDER, 'tok512.bin') });
  expect(model.tokenizer.decode(model.tokenizer.encode(STORY))).toBe(STORY);
  const [story, shuffled] = [await perplexity(model, [STORY]), await perplexity(model, [SHUFFLED])];
  // 1.28 nats a token of about three letters; by chance it would be log 512 = 6.2.
  expect(story.loss).toBeLessThan(1.6);
  expect(shuffled.loss).toBeGreaterThan(2 * story.loss);
  const { text } = await generateText(model, 'Once upon a time', { maxTokens: 120, seed: 1, temperature: 0 });
  expect(text).toMatch(/there was a little (girl|boy) named \w+\./);
  const common = /\b(the|and|was|to|a|she|he|they|said|day|her|his|it|in)\b/gi;
  const words = text.match(/\w+/g)!;
  expect(text.match(common)!.length / words.length).toBeGreaterThan(0.3);
  model.network.dispose();
});
