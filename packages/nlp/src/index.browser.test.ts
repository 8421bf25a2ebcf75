import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('the entry for browsers touches nothing of Node', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('./index.browser.ts', import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    external: ['node:*', '@attune/*'],
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(outside.filter((path) => !/^@attune\/(backend-onnx|core|zoo)$/.test(path))).toEqual([]);
});
