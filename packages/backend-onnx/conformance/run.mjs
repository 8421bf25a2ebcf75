/**
 * Runs tfjs-core's own test suite, all of it, against this backend.
 *
 *   node conformance/run.mjs [--filter TEXT] [--provider cpu|webgpu] [--backend onnx|cpu] [--jobs N] [--json]
 *                           [--host-elements N]
 *
 * The suite lies in tfjs-core's npm package. It is bundled with this package's TypeScript sources and one copy of
 * tfjs-core (two would have two kernel registries), and run by jasmine in as many processes as there are cores.
 * 4,230 specs exist for a backend that is not called 'cpu' (two more, on switching between two cpu backends, do not),
 * and tfjs itself skips 5 of them. Specs that fail must be listed with a reason in known-failures.json, or for webgpu,
 * on SwiftShader, in known-failures.webgpu.json, and may not be listed once they pass. Graphs of up to `--host-elements` elements may run on tfjs's cpu kernels at first, as they do
 * for users (4096 there); the default of 0 compiles every graph.
 * Exit status: 0 when the failures are exactly those listed, 1 otherwise, 2 for bad arguments.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

const options = (() => {
  try {
    const { values } = parseArgs({
      options: {
        filter: { type: 'string', default: '' },
        provider: { type: 'string', default: 'cpu' },
        backend: { type: 'string', default: 'onnx' },
        'host-elements': { type: 'string', default: '0' },
        jobs: { type: 'string', default: String(Math.min(availableParallelism(), 4)) },
        json: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    console.error(error.message);
    process.exit(2);
  }
})();

/** Where failures are listed: those of compiled graphs, by provider. Other settings have no list. */
const LISTS = { cpu: 'known-failures.json', webgpu: 'known-failures.webgpu.json' };
const compiled = options.backend === 'onnx' && options['host-elements'] === '0';
const list = compiled ? LISTS[options.provider] : undefined;

const started = performance.now();
const bundle = await bundleSuite();
const jobs = Math.max(1, Number(options.jobs) || 1);
const shards = await Promise.all(Array.from({ length: jobs }, (_, shard) => runShard(bundle, shard, jobs)));
const seconds = (performance.now() - started) / 1000;
await rm(bundle);
report(shards.flat(), list === undefined ? [] : JSON.parse(await readFile(join(here, list), 'utf8')));

/** Bundles suite.mjs; returns the bundle's path, inside node_modules so that external packages resolve from it. */
async function bundleSuite() {
  const distOf = (name) => join(dirname(require.resolve(`${name}/package.json`)), 'dist');
  const whole = new Map(['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'].map((name) => [name, distOf(name)]));
  // Two runs at a time must not write into the same file.
  const outfile = join(here, `../node_modules/.cache/conformance/suite-${process.pid}.mjs`);
  await mkdir(dirname(outfile), { recursive: true });
  await build({
    entryPoints: [join(here, 'suite.mjs')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Else the packages' `sideEffects` lists drop imports that register kernels, gradients and specs.
    ignoreAnnotations: true,
    mainFields: ['module', 'main'],
    external: ['onnxruntime-node', 'onnxruntime-common', 'jasmine-core'],
    banner: {
      js: "import { createRequire as require_ } from 'node:module'; const require = require_(import.meta.url);",
    },
    plugins: [
      {
        name: 'one-copy-of-tfjs',
        setup: (plugin) => {
          plugin.onResolve({ filter: /^@tensorflow\/tfjs-(core|backend-cpu)(\/dist.*)?$/ }, ({ path }) => {
            const name = path.split('/').slice(0, 2).join('/');
            const file = path.slice(`${name}/dist/`.length) || 'index';
            return { path: join(whole.get(name), file.endsWith('.js') ? file : `${file}.js`) };
          });
        },
      },
    ],
    logLevel: 'error',
  });
  return outfile;
}

/** Runs every `jobs`-th top-level suite in a process of its own; its results come as one line of JSON a spec. */
function runShard(bundle, shard, jobs) {
  return new Promise((resolve, reject) => {
    const settings = JSON.stringify({ ...options, shard, jobs });
    const child = spawn(process.execPath, [bundle, settings], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    let text = '';
    child.stdio[3].setEncoding('utf8').on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const lines = text.split('\n').filter((line) => line !== '');
      const specs = lines.map((line) => JSON.parse(line));
      if (specs.at(-1)?.status !== 'done') {
        const last = specs.at(-1)?.name ?? 'before the first spec';
        reject(new Error(`conformance: process ${shard} ended early (${signal ?? code}), after: ${last}`));
      } else resolve(specs.slice(0, -1));
    });
  });
}

function report(specs, known) {
  const failed = specs.filter((spec) => spec.status === 'failed');
  const skipped = specs.filter((spec) => spec.status === 'pending');
  const passed = specs.length - failed.length - skipped.length;
  const reasons = new Map(known.map(({ spec, reason }) => [spec, reason]));
  const names = new Set(failed.map((spec) => spec.name));
  const ran = new Set(specs.map((spec) => spec.name));
  const unexpected = failed.filter((spec) => !reasons.has(spec.name));
  const stale = known.filter(({ spec }) => (options.filter === '' ? true : ran.has(spec)) && !names.has(spec));
  const good = unexpected.length + stale.length === 0;
  if (options.json) {
    console.log(JSON.stringify({ passed, failed, skipped: skipped.length, unexpected, stale, seconds }, null, 2));
  } else {
    for (const { name, messages } of unexpected) console.log(`FAILED ${name}\n  ${messages.join('\n  ')}`);
    for (const { spec } of stale) console.log(`PASSES now, take it off ${list}: ${spec}`);
    const count = (n) => n.toLocaleString('en-US');
    const listed = list === undefined ? '' : `, ${failed.length - unexpected.length} failures listed in ${list}`;
    console.log(
      `conformance: ${count(passed)} passed, ${count(failed.length)} failed, ${count(skipped.length)} skipped ` +
        `(${seconds.toFixed(0)} s${listed})`,
    );
  }
  process.exitCode = good ? 0 : 1;
}
