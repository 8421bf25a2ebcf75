/** 2 Advice: what was measured on the words, and what the paper found for such a pair of tasks. */
import { byId, element } from '@attune/demo-parts/page';
import type { InitPlan } from '@attune/nlp';
import type { Advice } from '../api.ts';
import { initName } from '../init-rows.ts';
import type { StudioPage } from './studio-page.ts';

/** @param onTake Told what is recommended when the visitor takes it. */
export function setUpAdvice(page: StudioPage, onTake: (init: InitPlan) => void): void {
  const button = byId<HTMLButtonElement>('measure');
  const body = byId('advice-body');
  let hasData = false;
  button.addEventListener('click', async () => {
    const advice = await page.task('Counting words …', () => page.studio.advice());
    if (advice === undefined) return;
    body.replaceChildren(...show(advice, onTake));
    body.hidden = false;
    page.say(`The advice: ${initName(advice.recommended)}. ${advice.verdict}`);
  });
  page.onData.push((data) => {
    hasData = data !== undefined;
    button.disabled = !hasData;
    body.hidden = true;
  });
  page.onBusy.push((busy) => {
    button.disabled = busy || !hasData;
  });
}

function show({ findings, verdict, paper, recommended }: Advice, onTake: (init: InitPlan) => void): HTMLElement[] {
  const name = initName(recommended);
  const take = element('button', { type: 'button', id: 'take-plan' }, `Take ${name}`);
  take.addEventListener('click', () => onTake(recommended));
  const words = { random: 'starts at random', locked: 'is copied and locked', tuned: 'is copied and fine-tuned' };
  return [
    element(
      'ul',
      { class: 'findings' },
      findings.map((finding) =>
        element(
          'li',
          { class: 'card' },
          finding.name,
          element('strong', {}, finding.value),
          element('span', { class: 'pale' }, finding.meaning),
        ),
      ),
    ),
    element(
      'div',
      { class: 'card recommended' },
      element('h3', {}, verdict),
      element(
        'p',
        {},
        paper,
        ' (Mou et al. 2016, ',
        element('a', { href: 'https://arxiv.org/abs/1603.06111' }, 'arXiv:1603.06111'),
        '.)',
      ),
      element(
        'p',
        { class: 'pale' },
        `That is ${name}: the embedding ${words[recommended.E]}, the hidden layer ${words[recommended.H]}, the output ${words[recommended.O]}.`,
      ),
      element('div', { class: 'buttons' }, take),
    ),
  ];
}
