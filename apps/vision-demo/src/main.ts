/**
 * The page, from top to bottom: data, advice, plan, training, results. It only shows and asks; whatever computes is in the
 * worker, so that the page answers at once while a network is trained.
 */
import { setUpAdvice } from './page/advice-section.ts';
import { setUpData } from './page/data-section.ts';
import { byId } from './page/element.ts';
import { Page } from './page/page.ts';
import { setUpPlan } from './page/plan-section.ts';
import { setUpResults } from './page/results-section.ts';
import { setUpTraining } from './page/training-section.ts';

const page = new Page();
const plan = setUpPlan(page, () => training.update());
const results = setUpResults(page);
const training = setUpTraining(page, plan.request, results.show);
setUpAdvice(page, async (name) => {
  await plan.take(name);
  byId('plan').scrollIntoView();
});
setUpData(page);

/** Chosen by the address, as the engine cannot be changed while tensors live on it. */
const wanted = new URL(location.href).searchParams.get('engine') === 'webgpu' ? 'webgpu' : 'wasm';

const started = await page.task('Starting the engine …', async () => {
  const engine = await page.studio.start({ provider: wanted, base: new URL('./', document.baseURI).href });
  return { engine, networks: await page.studio.networks(), plans: await page.studio.planNames() };
});
if (started) {
  const { engine, networks, plans } = started;
  const threads = engine.threads === 1 ? 'one thread' : `${engine.threads} threads`;
  byId('engine').textContent = `Ready: ${engine.provider === 'wasm' ? `WebAssembly, ${threads}` : 'WebGPU'}.`;
  const provider = byId<HTMLSelectElement>('provider');
  provider.value = engine.provider;
  byId('provider-choice').hidden = !engine.webgpu;
  provider.addEventListener('change', () => {
    const address = new URL(location.href);
    address.searchParams.set('engine', provider.value);
    location.assign(address);
  });
  plan.showNames(plans);
  for (const tell of page.onReady) tell(networks);
  page.say('Ready.');
}

// Not while it is developed: what has changed would not be seen.
if (import.meta.hot === undefined)
  await navigator.serviceWorker?.register(new URL('service-worker.js', document.baseURI));
