import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logisticRegression } from '@attune/core';
import { env, pipeline } from '@huggingface/transformers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { opinions, TINY_BERT } from '../../test/tiny-bert.ts';
import { embedExamples } from './embed-examples.ts';
import { openSentenceEncoder, type SentenceEncoder } from './sentence-encoder.ts';

let folder: string;
const opened: SentenceEncoder[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const encoder of opened.splice(0)) await encoder.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function open(model = TINY_BERT, options = {}) {
  const encoder = await openSentenceEncoder(model, { downloads: folder, ...options });
  opened.push(encoder);
  return encoder;
}

const TEXTS = [
  'the film was great',
  'i loved the garden because the room is clean .',
  'book',
  'a b c d e f g h i j k l',
];

describe('SentenceEncoder', () => {
  it.each([
    ['mean', true],
    ['mean', false],
    ['cls', true],
  ] as const)('gives the embeddings of transformers.js: %s, normalised %s', async (pooling, normalised) => {
    const encoder = await open(TINY_BERT, { pooling, normalised });
    const extract = await pipeline('feature-extraction', TINY_BERT, { dtype: 'fp32', local_files_only: true });
    const theirs = await extract(TEXTS, { pooling, normalize: normalised });
    const ours = await encoder.encode(TEXTS);
    expect(theirs.dims).toEqual([TEXTS.length, encoder.size]);
    ours.forEach((value, i) => {
      expect(Math.abs(value - (theirs.data[i] as number))).toBeLessThan(1e-5);
    });
    await extract.dispose();
  });

  it('does not depend on the order or the number of the texts, and tells how far it is', async () => {
    const encoder = await open();
    const texts = opinions(300, 1).map(({ text }, i) => `${text}${' really'.repeat(i % 40)}`);
    const seen: number[] = [];
    const all = await encoder.encode(texts, { onProgress: (done, total) => seen.push(done / total) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    for (const i of [0, 39, 150]) {
      const [alone, row] = [await encoder.encode([texts[i]!]), all.subarray(i * 32, (i + 1) * 32)];
      expect([...row]).toEqual([...alone].map((value) => expect.closeTo(value, 5)));
    }
    expect(encoder.seconds.runtime).toBeGreaterThan(0);
    expect(encoder.seconds.runtime).toBeLessThan(encoder.seconds.total);
    expect(await encoder.encode([])).toHaveLength(0);
  });

  it('cuts texts to what the model takes', async () => {
    const encoder = await open();
    expect(encoder.maxTokens).toBe(128);
    const long = 'the film was great and '.repeat(5000);
    const [once, again] = [await encoder.encode([long]), await encoder.encode([long.slice(0, 10_000)])];
    expect(once).toEqual(again);
  });

  it('has a fingerprint of the model and of what embeddings depend on', async () => {
    const prints = [];
    for (const options of [{}, {}, { pooling: 'cls' }, { normalised: false }, { maxTokens: 16 }])
      prints.push((await open(TINY_BERT, options)).fingerprint);
    expect(prints[1]).toBe(prints[0]);
    expect(new Set(prints).size).toBe(4);
  });

  it('asks for nothing offline, and opens what was fetched before', async () => {
    const fetching = vi.spyOn(env, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    await expect(open('nobody/tiny-bert', { offline: true })).rejects.toThrow(
      `The model 'nobody/tiny-bert' is no folder here, and was not fetched before to ${folder}. Check its name, fetch it once`,
    );
    await cp(TINY_BERT, join(folder, 'nobody', 'tiny-bert'), { recursive: true });
    const fetched = await open('nobody/tiny-bert', { offline: true });
    expect(await fetched.encode(TEXTS)).toEqual(await (await open()).encode(TEXTS));
    expect(fetching).not.toHaveBeenCalled();
  });

  it('refuses in one line what cannot be opened', async () => {
    vi.spyOn(env, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
    await expect(open('nobody/no-such-model')).rejects.toThrow(
      /^The model 'nobody\/no-such-model' is no folder here, and could not be fetched \(fetch failed\)\. Check its name and the connection/,
    );
    await expect(open('not a model at all', { offline: true })).rejects.toThrow(/was not fetched before to/);
    await expect(open(folder)).rejects.toThrow(/has no config.json. Give a folder/);
    const broken = join(folder, 'broken');
    await cp(TINY_BERT, broken, { recursive: true });
    await writeFile(join(broken, 'onnx', 'model.onnx'), 'no model');
    await expect(open(broken)).rejects.toThrow(/^The model in .*broken cannot be run \(/);
    await expect(open(TINY_BERT, { precision: 'q8' })).rejects.toThrow(/has no onnx\/model_quantized.onnx/);
  });
});

describe('embedExamples', () => {
  it('gives features that a head of core tells classes apart by, and keeps them', async () => {
    const encoder = await open();
    const [train, test] = [opinions(100, 1), opinions(200, 2)];
    const cacheFolder = join(folder, 'cache');
    const features = await embedExamples(encoder, train, { cacheFolder });
    const model = logisticRegression(features);
    const { values, labels } = await embedExamples(encoder, test, { cacheFolder });
    const right = model.predict(values).filter((label, i) => label === labels[i]);
    expect(right.length).toBeGreaterThan(170);
    // Kept: nothing is encoded a second time, but other texts are.
    let encodings = 0;
    const counting = {
      ...{ size: encoder.size, fingerprint: encoder.fingerprint },
      encode: (texts: readonly string[]) => {
        encodings++;
        return encoder.encode(texts);
      },
    };
    expect((await embedExamples(counting, train, { cacheFolder })).values).toEqual(features.values);
    expect(encodings).toBe(0);
    await embedExamples(counting, train.slice(1), { cacheFolder });
    await embedExamples({ ...counting, fingerprint: 'other' }, train, { cacheFolder });
    expect(encodings).toBe(2);
  });

  it('makes (u, v, |u - v|) of a pair', async () => {
    const encode = async (texts: readonly string[]) => Float32Array.from(texts.flatMap((text) => [text.length, 1]));
    const encoder = { size: 2, fingerprint: '', encode };
    const pair = { name: '', text: 'abc', pair: 'abcde', label: 1 };
    const features = await embedExamples(encoder, [pair, { ...pair, text: '' }]);
    expect(features.size).toBe(6);
    expect([...features.values]).toEqual([3, 1, 5, 1, 2, 0, 0, 1, 5, 1, 5, 0]);
    const single = { name: '', text: '', label: 0 };
    await expect(embedExamples(encoder, [pair, single])).rejects.toThrow(RangeError);
  });
});
