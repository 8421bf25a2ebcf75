/**
 * Embeddings of labelled texts as features, for a head of `core` (logistic regression, or a linear probe), kept on disk. A pair
 * of embeddings u and v becomes (u, v, |u - v|), the features of Reimers and Gurevych 2019, arXiv:1908.10084, section 3.
 */
import { createHash } from 'node:crypto';
import type { LabelledFeatures } from '@attune/core';
import { keptFeatures } from '@attune/core/node';
import type { TextExample } from '../dataset/example.ts';
import type { EncodeTextsOptions, SentenceEncoder } from './sentence-encoder.ts';

export interface EmbedExamplesOptions extends EncodeTextsOptions {
  /** Where embeddings are kept; undefined: they are computed anew. */
  readonly cacheFolder?: string | undefined;
}

/** Rows in the order of the examples, which are all single texts or all pairs. */
export async function embedExamples(
  encoder: Pick<SentenceEncoder, 'encode' | 'fingerprint' | 'size'>,
  examples: readonly TextExample[],
  { cacheFolder, onProgress }: EmbedExamplesOptions = {},
): Promise<LabelledFeatures> {
  const { size } = encoder;
  const [texts, pairs] = [examples.map(({ text }) => text), examples.flatMap(({ pair }) => pair ?? [])];
  if (pairs.length > 0 && pairs.length < texts.length)
    throw new RangeError('some examples are pairs, and others are single texts');
  const all = [...texts, ...pairs];
  const key = () => {
    const hash = createHash('sha256').update(`${encoder.fingerprint}\n`);
    for (const text of all) hash.update(JSON.stringify(text));
    return hash.digest('hex');
  };
  const embeddings = await keptFeatures({ folder: cacheFolder, key, count: all.length, size }, () =>
    encoder.encode(all, { onProgress }),
  );
  const labels = Int32Array.from(examples, ({ label }) => label);
  if (pairs.length === 0) return { values: embeddings, size, labels };
  const values = new Float32Array(texts.length * 3 * size);
  for (let i = 0; i < texts.length; i++)
    for (let j = 0; j < size; j++) {
      const [u, v] = [embeddings[i * size + j]!, embeddings[(texts.length + i) * size + j]!];
      values[3 * i * size + j] = u;
      values[(3 * i + 1) * size + j] = v;
      values[(3 * i + 2) * size + j] = Math.abs(u - v);
    }
  return { values, size: 3 * size, labels };
}
