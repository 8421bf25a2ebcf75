/**
 * The page, from top to bottom: data, advice, plan, training, results, the paper's table. It only shows and asks; whatever
 * computes is in the worker, so that the page answers at once while a network is trained.
 */
import { byId, keepOffline, setUpTraining, showEngine, wantedProvider } from '@attune/demo-parts/page';
import { setUpAdvice } from './page/advice-section.ts';
import { setUpData } from './page/data-section.ts';
import { setUpInitTable } from './page/init-table-section.ts';
import { setUpPlan } from './page/plan-section.ts';
import { setUpResults } from './page/results-section.ts';
import { setUpSentence } from './page/sentence-section.ts';
import { StudioPage } from './page/studio-page.ts';

const page = new StudioPage();
const plan = setUpPlan(page, () => training.update());
const sentence = setUpSentence(page);
const results = setUpResults(page, sentence.explain);
const training = setUpTraining(page, page.studio, plan.request, (request, outcome) => {
  results.show(request, outcome);
  sentence.ready();
});
setUpAdvice(page, async (init) => {
  await plan.take(init);
  byId('plan').scrollIntoView();
});
setUpData(page);
setUpInitTable(page);

const engine = await page.task('Starting the engine …', () =>
  page.studio.start({ provider: wantedProvider(), base: new URL('./', document.baseURI).href }),
);
if (engine) {
  showEngine(engine);
  page.say('Ready.');
}

await keepOffline();
