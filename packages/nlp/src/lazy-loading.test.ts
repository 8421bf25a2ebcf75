import { expect, it, vi } from 'vitest';

const loaded = vi.hoisted(() => [] as string[]);
vi.mock('@huggingface/transformers', () => {
  loaded.push('transformers');
  return {};
});

it('loads transformers.js when a model is opened, and not with the package', async () => {
  const { openSentenceEncoder } = await import('./index.ts');
  expect(loaded).toEqual([]);
  await expect(openSentenceEncoder('nobody/no-such-model')).rejects.toThrow();
  expect(loaded).toEqual(['transformers']);
});
