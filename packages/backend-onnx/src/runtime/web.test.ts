/** Trains in a real browser: what a user's bundle does there must be what Node computes. */
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import type { PageCalls, PageReport } from '../../test/browser/page.ts';
import { type ServedPage, servePage } from '../../test/browser/serve.ts';
import { findChromium, need } from '../../test/requirement.ts';
import { type Losses, trainSmallNetwork } from '../../test/small-network.ts';
import { useOnnx } from '../testing.ts';
import type { ExecutionProvider } from './runtime.ts';

const QUIET = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let served: ServedPage;
let inNode: Losses;

beforeAll(async () => {
  served = await servePage(fileURLToPath(new URL('../../test/browser/page.ts', import.meta.url)));
  await useOnnx();
  inNode = await trainSmallNetwork();
});
afterAll(() => served?.close());

it('trains on WebAssembly as in Node', async ({ skip }) => {
  await inBrowser(['--disable-gpu'], skip, async (page) => {
    const providers = await providersOf(page);
    expect(providers.find(({ provider }) => provider === 'wasm')).toEqual({
      provider: 'wasm',
      available: true,
      reason: null,
    });
    check(await run(page, 'wasm', true), 'wasm');
  });
});

it('trains on WebGPU as in Node', async ({ skip }) => {
  const flags = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  await inBrowser(flags, skip, async (page) => {
    const webgpu = (await providersOf(page)).find(({ provider }) => provider === 'webgpu')!;
    if (!webgpu.available) skip(`this Chromium has no WebGPU in software: ${webgpu.reason}`);
    check(await run(page, 'webgpu', false), 'webgpu');
  });
});

function check(report: PageReport, provider: ExecutionProvider): void {
  for (const way of ['captured', 'plain'] as const) {
    expect(report.losses[way]).toHaveLength(inNode[way].length);
    for (const [i, loss] of inNode[way].entries()) expect(Math.abs(report.losses[way][i]! - loss)).toBeLessThan(1e-4);
  }
  expect(report.losses.captured.at(-1)).toBeLessThan(0.5 * report.losses.captured[0]!);
  expect(report.leftTensors).toBe(0);
  expect(report.threads).toBe(2);
  // The captured step, and the graphs of the plain one: the second of its iterations finds everything compiled.
  expect(report.compiles).toBeLessThan(8);
  expect(report.refusals).toEqual({
    dataSync: expect.stringMatching(new RegExp(`dataSync.*${provider} in a browser.*await tensor\\.data\\(\\)`)),
    runSync: expect.stringMatching(/runSync.*await step\.run\(\)/),
    'pending input': expect.stringMatching(/^Unique has no ONNX form.*await x\.data\(\)/),
    'unknown provider': expect.stringMatching(/'cuda' does not exist in browsers: use 'wasm' or 'webgpu'/),
  });
  expect(report.unique).toEqual([6, 2]);
  expect(report.longSum).toBe(600);
  expect(report.flushesOfLongSum).toBeGreaterThan(1);
}

const run = (page: Page, provider: ExecutionProvider, ownFiles: boolean): Promise<PageReport> =>
  page.evaluate((call) => (globalThis as unknown as { page: PageCalls }).page.run(call.provider, call.ownFiles), {
    provider,
    ownFiles,
  });

const providersOf = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { page: PageCalls }).page.providers());

async function inBrowser(
  flags: string[],
  skip: TestContext['skip'],
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const executablePath = need(findChromium(), 'no Chromium is installed', (note) => skip(note));
  const browser = await chromium.launch({ executablePath, args: [...QUIET, ...flags] });
  try {
    const page = await browser.newPage();
    const errors: Error[] = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(served.url);
    await page.waitForFunction(() => 'page' in globalThis);
    await use(page);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
}
