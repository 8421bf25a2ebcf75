/** Builds a demo's page, serves it as `vite preview` does, and opens it in headless Chromium. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { build, mergeConfig, preview, type UserConfig } from 'vite';

/** `--no-sandbox`: tests may run as root. The rest keeps the browser from asking for things of its own. */
const FLAGS = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];

/** A Chromium or Chrome: $ATTUNE_CHROMIUM, or where systems install it. */
export function findChromium(): string | undefined {
  return [
    process.env.ATTUNE_CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ].find((path) => path !== undefined && existsSync(path));
}

export interface ServedApp {
  readonly url: string;
  close(): Promise<void>;
}

/** @param config The demo's own, what `vite.config.ts` exports. */
export async function serveApp(config: UserConfig): Promise<ServedApp> {
  const outDir = await mkdtemp(join(tmpdir(), 'attune-demo-'));
  const quiet = mergeConfig(config, { configFile: false, logLevel: 'error' });
  await build(mergeConfig(quiet, { build: { outDir, emptyOutDir: true, reportCompressedSize: false } }));
  const server = await preview(
    mergeConfig(quiet, { build: { outDir }, preview: { port: 0, host: '127.0.0.1', strictPort: false } }),
  );
  let open = true;
  return {
    url: server.resolvedUrls!.local[0]!,
    async close() {
      if (!open) return;
      open = false;
      // A browser keeps its connections, and the server would wait for them.
      (server.httpServer as Server).closeAllConnections();
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

export interface Visit {
  readonly browser: Browser;
  readonly page: Page;
  /** What went wrong in the page or its worker, and what was said on the console as an error. */
  readonly errors: string[];
  /** Addresses of everything that was asked for. */
  readonly requests: string[];
}

export async function visit(url: string, executablePath: string, options: { readonly scheme?: 'light' | 'dark' } = {}) {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const context = await browser.newContext({
    viewport: { width: 1080, height: 900 },
    colorScheme: options.scheme ?? 'light',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  // Far longer than anything takes: a loaded machine must not fail tests.
  page.setDefaultTimeout(120_000);
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  context.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { browser, page, errors, requests } satisfies Visit;
}

/** Waits until the line at the bottom says something like this; what it says. */
export async function said(page: Page, pattern: RegExp, timeout = 240_000): Promise<string> {
  const status = page.getByRole('status');
  await status.filter({ hasText: pattern }).waitFor({ timeout });
  return (await status.textContent())!;
}

/**
 * Presses Stop as soon as training says this of itself. The page does it: what training says may be over before a test that
 * watches from outside has seen it.
 */
export async function stopTrainingWhen(page: Page, says: RegExp): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    const progress = document.getElementById('progress-text');
    const observer = new MutationObserver(() => {
      if (!${says}.test(progress.textContent)) return;
      observer.disconnect();
      document.getElementById('stop').click();
      resolve();
    });
    observer.observe(progress, { childList: true, characterData: true, subtree: true });
  })`);
}

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** `X`: a whole task. */
  readonly ph: string;
  /** Processor time of the thread, microseconds; left out where it is 0. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * Begins to record what the page's main thread does.
 * @returns What ends it, and gives the tasks' lengths in milliseconds of processor time. Not of time on the clock: on a
 *   loaded machine the processor is taken away from a thread for longer than its tasks take.
 */
export async function traceTasks({ browser, page }: Visit): Promise<() => Promise<number[]>> {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline'] });
  return async () => {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const mainThreads = new Set(
      traceEvents
        .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
        .map(({ pid, tid }) => `${pid}/${tid}`),
    );
    return traceEvents
      .filter(({ name, ph, pid, tid }) => name === 'RunTask' && ph === 'X' && mainThreads.has(`${pid}/${tid}`))
      .map(({ tdur = 0 }) => tdur / 1000);
  };
}

/** Writes a picture of the whole page, for a README. @param width Pixels that it is reduced to. */
export async function takePicture(page: Page, file: string, width: number): Promise<void> {
  // The line at the bottom is fixed to the window, and would lie across a picture of the whole page.
  await page.addStyleTag({ content: 'footer { position: static }' });
  const whole = await page.screenshot({ fullPage: true });
  await sharp(whole).resize({ width }).png({ palette: true, colours: 32, effort: 10, dither: 0 }).toFile(file);
}
