/** Makes the README's picture: the page after two runs on the built-in remarks, a sentence, and the paper's table. */
import { fileURLToPath } from 'node:url';
import { findChromium, said, serveApp, takePicture, visit } from '@attune/demo-parts/testing';
import config from '../vite.config.ts';

const FILE = fileURLToPath(new URL('../screenshot.png', import.meta.url));
const WIDTH = 660;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium is installed: name one in ATTUNE_CHROMIUM');
const app = await serveApp(config);
const { browser, page } = await visit(app.url, chromium);
try {
  await said(page, /^Ready/);
  await page.locator('#per-class').selectOption('50');
  await page.locator('#use-similar').click();
  await said(page, /260 texts/);
  await page.locator('#all-rows').click();
  await said(page, /^All rows are filled/, 600_000);
  await page.locator('#measure').click();
  await said(page, /^The advice/);
  for (const [E, H, name] of [
    ['random', 'random', 'RRR'],
    ['tuned', 'tuned', 'FFR'],
  ] as const) {
    for (const [part, how] of [
      ['E', E],
      ['H', H],
    ])
      await page.locator(`#plan input[name="${part}"][value="${how}"]`).check();
    await said(page, new RegExp(`^${name}:`));
    await page.locator('#start').click();
    await said(page, /^Done/, 300_000);
  }
  await page.locator('#project').click();
  await said(page, /^The features are drawn/);
  await page.locator('#sentence').fill('the owner was far from kind , but what a lovely view');
  await page.locator('#predict').click();
  await said(page, /^It says/);
  await takePicture(page, FILE, WIDTH);
} finally {
  await browser.close();
  await app.close();
}
