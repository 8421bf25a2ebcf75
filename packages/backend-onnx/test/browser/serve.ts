/** Bundles a page with esbuild and serves it on localhost, with the headers that allow threads. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

export interface ServedPage {
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
  html: 'text/html',
};

/**
 * `entry` is a TypeScript file. onnxruntime-web's WebAssembly files lie beside the bundle, where it looks by default, and
 * all its files in /onnxruntime/.
 */
export async function servePage(entry: string): Promise<ServedPage> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outdir: '/',
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@attune/source'],
    logLevel: 'error',
  });
  const files = new Map(outputFiles.map((file) => [basename(file.path), file.contents]));
  const script = basename(entry).replace(/\.ts$/, '.js');
  const html = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/${script}"></script>`;
  files.set('index.html', new TextEncoder().encode(html));
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const name = basename(pathname) || 'index.html';
    const type = TYPES[name.split('.').at(-1)!];
    const ofRuntime = name.endsWith('.wasm') || pathname.startsWith('/onnxruntime/');
    const content = ofRuntime ? await readFile(join(runtime, name)).catch(() => null) : (files.get(name) ?? null);
    response.writeHead(content === null ? 404 : 200, {
      'content-type': type ?? 'text/plain',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
