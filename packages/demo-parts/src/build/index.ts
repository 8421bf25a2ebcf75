/** How the demos are built: one Vite configuration for all. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, type UserConfig } from 'vite';
import { offline } from './offline.ts';
import { servedFiles } from './served-files.ts';

const SERVICE_WORKER = 'service-worker.js';

/** Isolated from other pages: what browsers demand for shared memory, and so for threads. */
const HEADERS = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * The configuration of a demo with `index.html`, and `src/service-worker.ts`.
 * @param config Address of the demo's own `vite.config.ts`.
 * @param files What the page fetches as it is: files by address, relative to the page.
 */
export function demoConfig(config: string, files: Readonly<Record<string, string>>): UserConfig {
  const root = fileURLToPath(new URL('.', config));
  const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'));
  // With and without WebGPU.
  const runtimeFiles = ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'].flatMap((name) =>
    ['mjs', 'wasm'].map((kind) => [`onnxruntime/${name}.${kind}`, join(runtime, `${name}.${kind}`)]),
  );
  return {
    root,
    base: './',
    resolve: {
      // The packages' sources; and ONNX Runtime without its own copy of the files that it starts threads from.
      conditions: ['@attune/source', 'onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
    },
    plugins: [
      servedFiles({ ...Object.fromEntries(runtimeFiles), ...files }),
      offline({ worker: SERVICE_WORKER, later: /asyncify|webgpu/ }),
    ],
    worker: { format: 'es' },
    build: {
      target: 'es2022',
      chunkSizeWarningLimit: 4096,
      rollupOptions: {
        input: { index: join(root, 'index.html'), 'service-worker': join(root, 'src/service-worker.ts') },
        output: {
          entryFileNames: ({ name }) => (name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
        },
      },
    },
    server: { headers: HEADERS },
    preview: { headers: HEADERS },
  };
}
