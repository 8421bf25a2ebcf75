import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

/** Modules that an entry brings in, and what it imports from outside of this package. */
async function bundle(entry: string) {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    external: ['node:*', '@attune/*', '@tensorflow/*'],
  });
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  return { files: Object.keys(metafile.inputs), outside: [...new Set(outside)].sort() };
}

describe('entries', () => {
  it('the main one touches nothing of Node: browsers can load it', async () => {
    const { outside } = await bundle('./index.ts');
    expect(outside).toEqual([
      '@attune/backend-onnx',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-layers',
    ]);
  });

  it('the one for Node does', async () => {
    expect((await bundle('./node.ts')).outside).toContain('node:fs/promises');
  });
});
