/** Two copies of tfjs-core have two kernel registries and fail in odd ways: the lock file must hold one. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';

it('locks one version of tfjs-core', async () => {
  const lock = await readFile(new URL('../../../pnpm-lock.yaml', import.meta.url), 'utf8');
  const versions = new Set([...lock.matchAll(/@tensorflow\/tfjs-core@(\d+\.\d+\.\d+)/g)].map((match) => match[1]));
  expect([...versions]).toEqual(['4.22.0']);
});

it('resolves to one file from every package that uses it', () => {
  const from = ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-layers', '@attune/backend-onnx'];
  const own = createRequire(import.meta.url);
  const files = from.map((name) => createRequire(own.resolve(`${name}/package.json`)).resolve('@tensorflow/tfjs-core'));
  expect(new Set([...files, own.resolve('@tensorflow/tfjs-core')]).size).toBe(1);
});
