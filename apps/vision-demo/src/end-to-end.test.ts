/**
 * The built page in a real browser, as a visitor uses it, from data to export and without a network. Each test goes on where
 * the one before it ended.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  findChromium,
  type ServedApp,
  said,
  serveApp,
  stopTrainingWhen,
  traceTasks,
  type Visit,
  visit,
} from '@attune/demo-parts/testing';
import { imageTaskExamples, TASKS, writeImageTask } from '@attune/test-fixtures';
import { centreView, preprocess } from '@attune/vision';
import { catalogueEntry } from '@attune/zoo';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../vite.config.ts';

const chromium = findChromium();
if (chromium === undefined && process.env.CI !== undefined)
  throw new Error('no Chromium is installed, and in CI these tests must run');

describe.skipIf(chromium === undefined)(
  'the page (skipped where no Chromium is installed)',
  { timeout: 300_000 },
  () => {
    let app: ServedApp;
    let visitor: Visit;
    let page: Page;
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'vision-demo-test-'));
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

    const start = () => page.getByRole('button', { name: 'Start training' }).click();
    const trainable = async () => (await page.locator('#trainable').textContent())!.split(' ')[0];
    /** The accuracy, in percent, that the page says when training is done. */
    const accuracy = async () => {
      const message = await said(page, /^Done: \d+ %/);
      return Number(/(\d+) %/.exec(message)![1]);
    };

    it('is isolated, so that it may have threads, and all its controls have names', async () => {
      expect(await page.evaluate('crossOriginIsolated')).toBe(true);
      const nameless = await page.evaluate(`
      [...document.querySelectorAll('button, input, select, summary, [role=switch]')]
        .filter((control) => !control.labels?.length && !control.ariaLabel && !control.textContent.trim())
        .map((control) => control.outerHTML)`);
      expect(nameless).toEqual([]);
    });

    it('draws a built-in set', async () => {
      await page.getByRole('button', { name: 'Other shapes' }).click();
      await said(page, /350 images of 5 classes/);
      const rows = await page.locator('#data-summary tbody tr').allTextContents();
      expect(rows).toEqual(['arrow', 'frame', 'half-disc', 'heart', 'zigzag'].map((name) => `${name}201040`));
    });

    it('advises: size, likeness, accuracy by depth, scores', async () => {
      await page.getByRole('button', { name: 'See the advice' }).click();
      await said(page, /^The advice/);
      const curve = (await page.locator('#advice svg').getAttribute('aria-label'))!;
      const shares = [...curve.matchAll(/(conv1|block\d) (\d+) %/g)].map(
        ([, layer, share]) => [layer, Number(share)] as const,
      );
      expect(shares.map(([layer]) => layer)).toEqual(['conv1', 'block1', 'block2', 'block3']);
      // Pre-trained on shapes: the top layer knows shapes, the first one colours, which say nothing here.
      expect(shares[3]![1]).toBeGreaterThan(80);
      expect(shares[0]![1]).toBeLessThan(50);
      expect(await page.locator('#advice .findings').textContent()).toMatch(
        /Training images100.*Shift from the source\d/,
      );
      expect(await page.locator('#advice .scores').textContent()).toMatch(/LogME-?\d.*H-score\d.*TransRate/);
    });

    it('freezes and thaws blocks by keyboard and pointer', async () => {
      await page.locator('#plan-select').selectOption('linear-probe');
      await said(page, /^linear-probe:/);
      expect(await trainable()).toBe('485');
      const block3 = page.getByRole('switch', { name: /^block3/ });
      expect(await block3.getAttribute('aria-checked')).toBe('false');
      await block3.focus();
      await page.keyboard.press('Space');
      await said(page, /^custom:/);
      expect(await trainable()).toBe('130,085');
      expect(await block3.getAttribute('aria-checked')).toBe('true');
      expect(await page.evaluate('document.activeElement.dataset.group')).toBe('block3');
      await block3.click();
      await said(page, /^custom: 485/);
      expect(await block3.getAttribute('aria-checked')).toBe('false');
    });

    it('trains a linear probe', async () => {
      await page.locator('#plan-select').selectOption('linear-probe');
      await said(page, /^linear-probe:/);
      await start();
      expect(await accuracy()).toBeGreaterThan(85);
    });

    it('fine-tunes fully, is stopped and goes on, and no task of the page takes over 50 ms', async () => {
      await page.locator('#plan-select').selectOption('full');
      await said(page, /^full:/);
      await page.locator('#epochs').fill('12');
      // The linear probe before has compiled the page's own code.
      const stopTracing = await traceTasks(visitor);
      const stopped = stopTrainingWhen(page, /^Epoch ([2-9]|1\d) of 12/);
      await start();
      await stopped;
      await said(page, /^Stopped after \d+ epochs/);
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await accuracy()).toBeGreaterThan(60);
      const tasks = await stopTracing();
      expect(tasks.length).toBeGreaterThan(100);
      // Nothing at all would mean that the browser does not measure.
      expect(Math.max(...tasks)).toBeGreaterThan(0.1);
      expect(Math.max(...tasks)).toBeLessThan(50);
      expect(await page.locator('#accuracy-chart svg').getAttribute('aria-label')).toMatch(
        /training from .* to .*validation/,
      );
      expect(await page.locator('#runs tbody tr').count()).toBe(2);
    });

    it('shows the images that it is least sure of, and where it looks', async () => {
      const cards = await page.locator('#unsure button').allTextContents();
      expect(cards).toHaveLength(12);
      const sure = cards.map((text) => Number(/(\d+) %/.exec(text)![1]));
      expect(sure).toEqual([...sure].sort((a, b) => a - b));
      expect(sure.every((share) => share >= 20 && share <= 100)).toBe(true);

      const brightness = () =>
        page.evaluate(`(() => {
        const { width, height } = document.getElementById('map-heat');
        const pixels = document.getElementById('map-heat').getContext('2d').getImageData(0, 0, width, height).data;
        return Array.from({ length: 36 }, (_, i) => pixels[4 * ((16 + 32 * Math.floor(i / 6)) * width + 16 + 32 * (i % 6)) + 1]);
      })()`) as Promise<number[]>;
      await page.locator('#unsure button').first().click();
      await said(page, /^The Grad-CAM map/);
      const gradCam = await brightness();
      await page.getByLabel('Occlusion').check();
      await said(page, /^The Occlusion map/);
      const occlusion = await brightness();
      for (const map of [gradCam, occlusion]) expect(Math.max(...map) - Math.min(...map)).toBeGreaterThan(30);
      expect(occlusion).not.toEqual(gradCam);
    });

    it('projects features before and after', async () => {
      for (const method of ['PCA', 'UMAP']) {
        await page.getByLabel(method).check();
        await page.getByRole('button', { name: 'Draw' }).click();
        await said(page, /^The features are drawn/);
        const places = (await page.evaluate(`[...document.querySelectorAll('#projection svg')].map((svg) =>
        [...svg.querySelectorAll('text')].map((letter) => letter.textContent + letter.getAttribute('x')))`)) as string[][];
        expect(places.map((letters) => letters.length)).toEqual([200, 200]);
        expect(new Set(places[0]!.map((letter) => letter[0]))).toEqual(new Set('ABCDE'));
        expect(places[0]).not.toEqual(places[1]);
        await page.locator('#status').evaluate((status) => status.replaceChildren());
      }
    });

    it('exports what ONNX Runtime in Node then predicts the same with', async () => {
      const shown = await page.locator('#runs tbody tr').last().textContent();
      const cards = await page
        .locator('#unsure button')
        .evaluateAll((buttons) =>
          buttons.map(
            (button) =>
              [Number(button.dataset.index), button.querySelector('.verdict')!.textContent!.slice(2)] as const,
          ),
        );
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export as ONNX' }).click(),
      ]);
      expect(download.suggestedFilename()).toBe('shapes_cnn-full.onnx');
      const session = await InferenceSession.create(await readFile(await download.path()));
      const { preprocessing } = catalogueEntry('shapes_cnn');
      const examples = imageTaskExamples(TASKS.similar, 'test', 40, 1);
      const images = new Float32Array(examples.length * 32 * 32 * 3);
      for (const [i, example] of examples.entries())
        preprocess(centreView(await example.pixels(), 32), preprocessing, images, i * 32 * 32 * 3);
      const { logits } = await session.run({ images: new Tensor('float32', images, [examples.length, 32, 32, 3]) });
      const predicted = examples.map((_, i) => {
        const own = (logits!.data as Float32Array).slice(5 * i, 5 * i + 5);
        return own.indexOf(Math.max(...own));
      });
      for (const [index, name] of cards) expect(TASKS.similar.classes[predicted[index]!]).toBe(name);
      const right = predicted.filter((label, i) => label === examples[i]!.label).length / examples.length;
      expect(shown).toContain(`${(100 * right).toFixed(0)} %`);
    });

    it('takes folders of images, names those that are broken, and fits them to what follows', async () => {
      const pictures = join(folder, 'pictures');
      await writeImageTask(pictures, TASKS.different, { perClass: 8, seed: 3 });
      await writeFile(
        join(pictures, 'hum', 'broken.png'),
        (await readFile(join(pictures, 'hum', '000.png'))).subarray(0, 40),
      );
      await writeFile(join(pictures, 'hum', 'page.jpg'), '<!doctype html>');
      await page.locator('#folders').setInputFiles(pictures);
      await said(page, /40 images of 5 classes\. 2 images could not be read/);
      expect(await page.locator('#data-summary tbody th').allTextContents()).toEqual([
        'falling',
        'hum',
        'pulses',
        'rising',
        'warble',
      ]);
      expect(await page.locator('#data-summary details').textContent()).toContain('page.jpg: this is not a JPEG');
      expect(await page.locator('#results-body').isVisible()).toBe(false);
      await page.getByRole('button', { name: 'See the advice' }).click();
      await said(page, /^The advice/);
    });

    it('captures from the webcam into a class of a name', async () => {
      await page.getByRole('button', { name: 'Start anew' }).click();
      await said(page, /There are no images/);
      await page.getByRole('button', { name: 'Open the camera' }).click();
      await page.getByRole('button', { name: 'Capture' }).click();
      await said(page, /Name the class first/);
      await page.locator('#class-name').fill('cup ☕');
      for (const count of [1, 2]) {
        await page.getByRole('button', { name: 'Capture' }).click();
        await said(page, new RegExp(`: ${count} images of 1 classes`));
      }
      expect(await page.locator('#plan-line').textContent()).toBe('There must be at least two classes.');
      await page.getByRole('button', { name: 'Close the camera' }).click();
    });

    it('refuses weights of another network in one line', async () => {
      await page.getByText('Pre-trained network:').click();
      await page.locator('#weights').setInputFiles({
        name: 'not.safetensors',
        mimeType: 'application/octet-stream',
        buffer: Buffer.from('not a safetensors file at all'),
      });
      await said(page, /^not\.safetensors: /);
      expect(await page.locator('#network-name').textContent()).toBe('Small residual network of the test fixtures');
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
      await page.getByRole('button', { name: 'Spectrograms' }).click();
      await said(page, /350 images of 5 classes/);
      await start();
      expect(await accuracy()).toBeGreaterThan(45);
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
