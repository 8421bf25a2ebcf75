import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';
import { offline } from './build/offline.ts';
import { servedFiles } from './build/served-files.ts';

const { resolve } = createRequire(import.meta.url);
const runtime = dirname(resolve('onnxruntime-web'));
const SERVICE_WORKER = 'service-worker.js';

/** Isolated from other pages: what browsers demand for shared memory, and so for threads. */
const headers = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  resolve: {
    // The packages' sources; and ONNX Runtime without its own copy of the files that it starts threads from.
    conditions: ['@attune/source', 'onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  plugins: [
    servedFiles({
      ...Object.fromEntries(
        // With and without WebGPU.
        ['ort-wasm-simd-threaded', 'ort-wasm-simd-threaded.asyncify'].flatMap((name) =>
          ['mjs', 'wasm'].map((kind) => [`onnxruntime/${name}.${kind}`, join(runtime, `${name}.${kind}`)]),
        ),
      ),
      'networks/shapes_cnn.safetensors': resolve('@attune/test-fixtures/data/vision/shapes_cnn/shapes_cnn.safetensors'),
    }),
    offline({ worker: SERVICE_WORKER, later: /asyncify|webgpu/ }),
  ],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 4096,
    rollupOptions: {
      input: { index: 'index.html', 'service-worker': 'src/service-worker.ts' },
      output: {
        entryFileNames: ({ name }) => (name === 'service-worker' ? SERVICE_WORKER : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { headers },
  preview: { headers },
});
