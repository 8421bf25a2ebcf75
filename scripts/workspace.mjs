/**
 * What `npm start` and `npm test` share: they work on a clean clone with only Node and git, so pnpm comes through npx, in
 * the version that package.json pins. Nothing is imported but Node itself.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Ends the program with one line when Node is older than package.json's `engines` say. */
export function requireNode() {
  const wanted = manifest.engines.node.replace('>=', '').split('.').map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > wanted[0] || (major === wanted[0] && minor >= wanted[1])) return;
  console.error(
    `Attune needs Node ${wanted.join('.')} or newer, and this is ${process.versions.node}: install a newer one.`,
  );
  process.exit(2);
}

/** One step, announced by a line and ended by its time. Ends the program when it fails. */
export async function step(what, work) {
  const started = performance.now();
  process.stderr.write(`${what} ... `);
  const { status, output } = await work();
  process.stderr.write(
    `${status === 0 ? 'done' : 'failed'} (${((performance.now() - started) / 1000).toFixed(0)} s)\n`,
  );
  if (status === 0) return;
  process.stderr.write(output);
  process.exit(1);
}

/** Installs exactly what the lock file names, and builds every package. */
export async function installAndBuild() {
  await step(`installing packages (${manifest.packageManager}, through npx)`, () =>
    pnpm(['install', '--frozen-lockfile', '--reporter=append-only']),
  );
  await step('building', () => pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only']));
}

/** Runs the pinned pnpm in the workspace, without any that may be installed. Its output is given back, not shown. */
function pnpm(args) {
  return run('npx', ['-y', manifest.packageManager, ...args]);
}

function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npx is a script on Windows, which only a shell runs.
      shell: process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.on('error', (error) => resolve({ status: 1, output: `${program}: ${error.message}\n` }));
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}

/** Runs a program of the workspace on this terminal. @returns Its exit status. */
export function show(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(signal === null ? status : 1));
  });
}
