/** Makes the README's picture: the page after a linear probe and full fine-tuning of the built-in set. */
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { findChromium, said, serveApp, visit } from '../test/visit.ts';

const FILE = fileURLToPath(new URL('../screenshot.png', import.meta.url));
const WIDTH = 660;

const chromium = findChromium();
if (chromium === undefined) throw new Error('no Chromium is installed: name one in ATTUNE_CHROMIUM');
const app = await serveApp();
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
  // The line at the bottom is fixed to the window, and would lie across a picture of the whole page.
  await page.addStyleTag({ content: 'footer { position: static }' });
  const whole = await page.screenshot({ fullPage: true });
  await sharp(whole).resize({ width: WIDTH }).png({ palette: true, colours: 32, effort: 10, dither: 0 }).toFile(FILE);
} finally {
  await browser.close();
  await app.close();
}
