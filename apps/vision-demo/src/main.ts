/**
 * The page, from top to bottom: data, advice, plan, training, results. It only shows and asks; whatever computes is in the
 * worker, so that the page answers at once while a network is trained.
 */
import { byId, keepOffline, setUpTraining, showEngine, wantedProvider } from '@attune/demo-parts/page';
import { setUpAdvice } from './page/advice-section.ts';
import { setUpData } from './page/data-section.ts';
import { setUpPlan } from './page/plan-section.ts';
import { setUpResults } from './page/results-section.ts';
import { StudioPage } from './page/studio-page.ts';

const page = new StudioPage();
const plan = setUpPlan(page, () => training.update());
const results = setUpResults(page);
const training = setUpTraining(page, page.studio, plan.request, results.show);
setUpAdvice(page, async (name) => {
  await plan.take(name);
  byId('plan').scrollIntoView();
});
setUpData(page);

const started = await page.task('Starting the engine …', async () => {
  const engine = await page.studio.start({ provider: wantedProvider(), base: new URL('./', document.baseURI).href });
  return { engine, networks: await page.studio.networks(), plans: await page.studio.planNames() };
});
if (started) {
  const { engine, networks, plans } = started;
  showEngine(engine);
  plan.showNames(plans);
  for (const tell of page.onReady) tell(networks);
  page.say('Ready.');
}

await keepOffline();
