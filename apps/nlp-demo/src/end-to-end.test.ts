/**
 * The built page in a real browser, as a visitor uses it, from data to export and without a network. Each test goes on where
 * the one before it ended.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  findChromium,
  readZip,
  type ServedApp,
  said,
  serveApp,
  stopTrainingWhen,
  traceTasks,
  type Visit,
  visit,
} from '@attune/demo-parts/testing';
import { pipeline } from '@huggingface/transformers';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../vite.config.ts';

const chromium = findChromium();
if (chromium === undefined && process.env.CI !== undefined)
  throw new Error('no Chromium is installed, and in CI these tests must run');

const largest = (values: readonly number[]) => Math.max(...values);

describe.skipIf(chromium === undefined)(
  'the page (skipped where no Chromium is installed)',
  { timeout: 300_000 },
  () => {
    let app: ServedApp;
    let visitor: Visit;
    let page: Page;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'nlp-demo-test-'));
      app = await serveApp(config);
      visitor = await visit(app.url, chromium!);
      page = visitor.page;
      await said(page, /^Ready/);
    }, 300_000);
    afterAll(async () => {
      await visitor?.browser.close();
      await app?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const start = () => page.getByRole('button', { name: 'Train', exact: true }).click();
    const part = (name: 'E' | 'H' | 'O', how: string) => page.locator(`#plan input[name="${name}"][value="${how}"]`);
    const trainable = async () => (await page.locator('#trainable').textContent())!;
    /** The accuracy, in percent, that the page says when training is done. */
    const accuracy = async () => Number(/(\d+) %/.exec(await said(page, /^Done: \d+ %/))![1]);

    it('is isolated, so that it may have threads, and all its controls have names', async () => {
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
      const nameless = await page.evaluate(`
      [...document.querySelectorAll('button, input, select, textarea, summary, progress')]
        .filter((control) => !control.labels?.length && !control.ariaLabel && !control.textContent.trim())
        .map((control) => control.outerHTML)`);
      expect(nameless).toEqual([]);
    });

    it('says in one line what is wrong with a table', async () => {
      const read = async (content: string) => {
        await page.locator('#status').evaluate((status) => status.replaceChildren());
        await page.getByLabel('Table', { exact: true }).fill(content);
        await page.getByRole('button', { name: 'Read the table' }).click();
        return said(page, /the pasted table.*\./);
      };
      expect(await read('text,label\na,x\nb, or c,y\n')).toBe(
        'the pasted table, line 3: 3 columns where the header has 2. Put texts that hold \',\' into "quotes", or name the delimiter.',
      );
      expect(await read('text\na\n')).toMatch(/^the pasted table has one column only/);
      expect(await page.locator('footer').getAttribute('class')).toContain('fault');
      expect(await page.locator('#columns').isVisible()).toBe(false);
      await read('kind\twords of it\nx\tso nice\nx\tvery nice\n');
      expect(await page.getByLabel('Column of the texts').inputValue()).toBe('1');
      expect(await page.getByLabel('Column of the labels').inputValue()).toBe('0');
      await page.getByRole('button', { name: 'Use these columns' }).click();
      expect(await said(page, /one class only/)).toMatch(/^the pasted table has one class only \('x'\)/);
    });

    it('takes a file of texts, with columns that can be chosen', async () => {
      const rows = Array.from(
        { length: 24 },
        (_, i) => `${i},"the room, ${i}, is ${i % 2 ? 'warm' : 'cold'}",${i % 2 ? 'yes' : 'no'}`,
      );
      await page.locator('#file').setInputFiles({
        name: 'rooms.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(`id,text,label\n${rows.join('\n')}\n`),
      });
      await said(page, /^rooms\.csv: 24 rows/);
      expect(await page.locator('#preview td').first().textContent()).toBe('the room, 0, is cold');
      await page.getByRole('button', { name: 'Use these columns' }).click();
      await said(page, /^rooms\.csv: 24 texts of 2 classes/);
      expect(await page.locator('#data-summary tbody th').allTextContents()).toEqual(['no', 'yes']);
      expect(await page.locator('#other-classes').isVisible()).toBe(true);
      expect(await part('O', 'tuned').isDisabled()).toBe(true);
    });

    it('writes a built-in set, and advises: size, unknown words, overlap, divergence, what the paper found', async () => {
      await page.getByRole('button', { name: 'Questions (different)' }).click();
      await said(page, /500 texts of 5 classes/);
      await page.getByRole('button', { name: 'See the advice' }).click();
      expect(await said(page, /^The advice/)).toMatch(/^The advice: FRR\. Different/);
      await page.getByRole('button', { name: 'Remarks (similar)' }).click();
      await said(page, /200 texts of 2 classes/);
      await page.getByRole('button', { name: 'See the advice' }).click();
      expect(await said(page, /^The advice/)).toMatch(/^The advice: FFR\. Alike/);
      expect(await page.locator('#advice .findings').textContent()).toMatch(
        /Training texts40.*Unknown words\d+ %.*Vocabulary overlap\d+ %.*divergence0\.\d+/,
      );
      expect(await page.locator('#advice .recommended').textContent()).toContain('arXiv:1603.06111');
      await page.getByRole('button', { name: 'Take FFR' }).click();
      await said(page, /^FFR:/);
    });

    it('has switches for E, H and O, by keyboard as well', async () => {
      const tuned = await trainable();
      await part('H', 'tuned').focus();
      await page.keyboard.press('ArrowUp');
      await said(page, /^FLR:/);
      expect(await part('H', 'locked').isChecked()).toBe(true);
      expect(await trainable()).not.toBe(tuned);
      await part('E', 'locked').check();
      await said(page, /^LLR: 50 of /);
      await part('O', 'locked').check();
      expect(await said(page, /^LLL:/)).toContain('Nothing of');
      await start();
      // The reviews' network as it is, on remarks: most of what it knows holds.
      expect(await accuracy()).toBeGreaterThan(65);
      expect(await page.locator('#runs tbody tr').textContent()).toMatch(/^LLL\d+ %00\.\d$/);
    });

    it('fine-tunes, is stopped and goes on, with curves, and no task of the page takes over 50 ms', async () => {
      for (const name of ['E', 'H'] as const) await part(name, 'tuned').check();
      await part('O', 'random').check();
      await said(page, /^FFR:/);
      await page.locator('#epochs').fill('30');
      const stopTracing = await traceTasks(visitor);
      const stopped = stopTrainingWhen(page, /^Epoch ([3-9]|[12]\d) of 30/);
      await start();
      await stopped;
      await said(page, /^Stopped after \d+ epochs/);
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await accuracy()).toBeGreaterThan(65);
      const tasks = await stopTracing();
      expect(tasks.length).toBeGreaterThan(100);
      // Nothing at all would mean that the browser does not measure.
      expect(largest(tasks)).toBeGreaterThan(0.1);
      expect(largest(tasks)).toBeLessThan(50);
      for (const chart of ['#loss-chart', '#accuracy-chart'])
        expect(await page.locator(`${chart} svg`).getAttribute('aria-label')).toMatch(
          /training from .* to .*validation/,
        );
      expect(await page.locator('#runs tbody tr').count()).toBe(2);
    });

    it('hears a Stop that comes before the network is ready', async () => {
      await page.evaluate(`for (const id of ['start', 'stop']) document.getElementById(id).click()`);
      await said(page, /^Stopped after 0 epochs/);
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await accuracy()).toBeGreaterThan(65);
    });

    it('names a sentence, and says of each word how it speaks for that', async () => {
      const words = async (sentence: string) => {
        await page.getByRole('textbox', { name: 'Sentence' }).fill(sentence);
        await page.keyboard.press('Enter');
        const message = await said(page, /^It says/);
        const all = await page
          .locator('#explanation .words li')
          .evaluateAll((items) =>
            items.map(
              (item) =>
                [
                  item.firstElementChild!.textContent!,
                  Number(item.querySelector('.weight')!.textContent!.replace('−', '-')),
                ] as const,
            ),
          );
        await page.locator('#status').evaluate((status) => status.replaceChildren());
        return { message, all };
      };
      const praise = await words('the room was lovely');
      expect(praise.message).toMatch(/^It says positive, \d+ % sure/);
      expect(praise.all.map(([word]) => word)).toEqual(['the', 'room', 'was', 'lovely']);
      const weights = praise.all.map(([, weight]) => weight);
      expect(weights.indexOf(largest(weights))).toBe(3);
      expect(weights[3]).toBeGreaterThan(0.2);
      const blame = await words('what a terrible xyzzy');
      expect(blame.message).toMatch(/^It says negative/);
      expect(blame.all[2]![1]).toBeGreaterThan(0.2);
      // An unknown word in place of an unknown word changes nothing, and is named as one.
      expect(blame.all[3]![1]).toBe(0);
      expect(await page.locator('#explanation li').last().textContent()).toContain('does not know this word');
      await page.locator('#unsure button').first().click();
      await said(page, /^It says/);
    });

    it('projects features before and after', async () => {
      await page.getByRole('button', { name: 'Draw' }).click();
      await said(page, /^The features are drawn/);
      const places = (await page.evaluate(`[...document.querySelectorAll('#projection svg')].map((svg) =>
        [...svg.querySelectorAll('text')].map((letter) => letter.textContent + letter.getAttribute('x')))`)) as string[][];
      expect(places.map((letters) => letters.length)).toEqual([120, 120]);
      expect(new Set(places[0]!.map((letter) => letter[0]))).toEqual(new Set('AB'));
      expect(places[0]).not.toEqual(places[1]);
    });

    it('trains the head of the frozen encoder', async () => {
      await page.getByLabel('Tiny BERT').check();
      await said(page, /^encoder frozen: 66 of /);
      await start();
      expect(await accuracy()).toBeGreaterThan(60);
      expect(await page.locator('#runs tbody tr').last().textContent()).toMatch(/^encoder frozen/);
    });

    it('fills the table for both targets, the rows of the output only where the classes agree', async () => {
      await page.locator('#per-class').selectOption('10');
      await page.getByRole('button', { name: 'All rows' }).click();
      await said(page, /^All rows are filled/, 280_000);
      const rows = await page
        .locator('#init-table tbody tr')
        .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent!)));
      expect(rows.map(([name]) => name)).toEqual(['RRR', 'LRR', 'LLR', 'LLL', 'FRR', 'FFR', 'FFF']);
      expect(rows[1]!.slice(1, 4)).toEqual(['locked', 'random', 'random']);
      const column = (i: number) =>
        new Map(rows.map((row) => [row[0]!, row[i] === '–' ? undefined : Number.parseInt(row[i]!, 10)]));
      const [similar, different] = [column(4), column(5)];
      expect([different.get('LLL'), different.get('FFF')]).toEqual([undefined, undefined]);
      // As in the paper: what was copied helps on the similar target, and harms on the different one where it is locked.
      expect(similar.get('FFR')).toBeGreaterThan(similar.get('RRR')!);
      expect(different.get('LLR')).toBeLessThan(different.get('RRR')!);
    });

    it.each([
      ['words', 'lstm-LLL'],
      ['encoder', 'tiny_bert-encoder-frozen'],
    ])('exports %s as a folder that plain transformers.js predicts the same with', async (network, name) => {
      await page.locator(`#plan input[name="network"][value="${network}"]`).check();
      if (network === 'words') for (const each of ['E', 'H', 'O'] as const) await part(each, 'locked').check();
      await said(page, network === 'words' ? /^LLL:/ : /^encoder frozen:/);
      await start();
      await accuracy();
      const sentence = 'the view was lovely , and it rained .';
      await page.getByRole('textbox', { name: 'Sentence' }).fill(sentence);
      await page.keyboard.press('Enter');
      const [, label, share] = /^It says (\w+), (\d+) % sure/.exec(await said(page, /^It says/))!;
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export the network' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`${name}.zip`);
      const exported = join(folder, name);
      for (const [path, content] of readZip(await readFile(await download.path()))) {
        await mkdir(dirname(join(exported, path)), { recursive: true });
        await writeFile(join(exported, path), content);
      }
      const classify = await pipeline('text-classification', exported, { dtype: 'fp32', local_files_only: true });
      const [answer] = (await classify(sentence)) as { label: string; score: number }[];
      expect([answer!.label, Math.round(100 * answer!.score)]).toEqual([label, Number(share)]);
    });

    it('fits on a small screen', async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    });

    it('works offline after the first visit', async () => {
      await page.evaluate('navigator.serviceWorker.ready.then(() => true)');
      await app.close();
      await page.reload();
      await said(page, /^Ready/);
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
      await page.getByRole('button', { name: 'Remarks (similar)' }).click();
      await said(page, /200 texts of 2 classes/);
      for (const name of ['E', 'H', 'O'] as const) await part(name, 'locked').check();
      await said(page, /^LLL:/);
      await start();
      expect(await accuracy()).toBeGreaterThan(65);
    });

    it('asked nobody else for anything, and nothing went wrong', () => {
      expect(visitor.errors).toEqual([]);
      const foreign = visitor.requests.filter(
        (address) => !/^(blob|data):/.test(address) && !address.startsWith(app.url),
      );
      expect(foreign).toEqual([]);
      expect(visitor.requests.length).toBeGreaterThan(5);
    });
  },
);
