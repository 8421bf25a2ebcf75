/** Makes the README's picture: the page after a linear probe and full fine-tuning of the built-in set. */
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
  await page.locator('#use-similar').click();
  await said(page, /350 images/);
  await page.locator('#measure').click();
  await said(page, /^The advice/);
  for (const plan of ['linear-probe', 'full']) {
    await page.locator('#plan-select').selectOption(plan);
    await said(page, new RegExp(`^${plan}:`));
    await page.locator('#start').click();
    await said(page, /^Done/, 300_000);
  }
  await page.locator('#unsure button').nth(2).click();
  await said(page, /^The Grad-CAM map/);
  await page.locator('#project').click();
  await said(page, /^The features are drawn/);
  await takePicture(page, FILE, WIDTH);
} finally {
  await browser.close();
  await app.close();
}
