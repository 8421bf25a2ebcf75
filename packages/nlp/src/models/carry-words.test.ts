import { carryOver, networkValues, selectBackend } from '@attune/core';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { Vocabulary } from '../text/vocabulary.ts';
import { carryWords } from './carry-words.ts';
import { createTextNetwork } from './create.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

const SIZES = { architecture: 'lstm', classes: 2, embeddingSize: 3, hiddenSize: 2, dropout: 0 } as const;

function network(vocabulary: Vocabulary, seed: number, embeddingSize = 3) {
  const made = createTextNetwork({ ...SIZES, embeddingSize, vocabularySize: vocabulary.size }, { seed });
  onTestFinished(() => made.dispose());
  return made;
}

const from = new Vocabulary(['<pad>', '<unk>', 'good', 'bad']);
const to = new Vocabulary(['<pad>', '<unk>', 'room', 'bad', 'good']);

it('gives each word its own vector, and leaves new words theirs', async () => {
  const [source, target] = [network(from, 1), network(to, 2)];
  const own = (await networkValues(target)).get('embedding.weight')!.data;
  const values = await networkValues(source);
  const before = values.get('embedding.weight')!.data.slice();
  carryOver(target, await carryWords(values, from, target, to), { what: 'everything' });
  const row = (table: Float32Array, i: number) => [...table.subarray(3 * i, 3 * i + 3)];
  const carried = await networkValues(target);
  const table = carried.get('embedding.weight')!.data;
  expect(row(table, to.indexOf('good'))).toEqual(row(before, from.indexOf('good')));
  expect(row(table, to.indexOf('bad'))).toEqual(row(before, from.indexOf('bad')));
  expect(row(table, 1)).toEqual(row(before, 1));
  expect(row(table, to.indexOf('room'))).toEqual(row(own, to.indexOf('room')));
  expect(carried.get('lstm.input.weight')).toEqual(values.get('lstm.input.weight'));
  expect(values.get('embedding.weight')!.data).toEqual(before);
});

it('refuses tables that are not of the vocabularies', async () => {
  const values = await networkValues(network(from, 1));
  const target = network(to, 2);
  await expect(carryWords(values, to, target, to)).rejects.toThrow('cannot be carried');
  await expect(carryWords(values, from, target, from)).rejects.toThrow('cannot be carried');
  await expect(carryWords(values, from, network(to, 1, 4), to)).rejects.toThrow('cannot be carried');
});
