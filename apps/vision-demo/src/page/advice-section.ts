/** 2 Advice: what was measured on the data, the depth curve, and the plan that it speaks for. */
import { byId, element, lineChart, percent } from '@attune/demo-parts/page';
import type { Advice } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

/** @param onTake Told the name of the recommended plan when the visitor takes it. */
export function setUpAdvice(page: StudioPage, onTake: (plan: string) => void): void {
  const button = byId<HTMLButtonElement>('measure');
  const body = byId('advice-body');
  let hasData = false;
  button.addEventListener('click', async () => {
    const advice = await page.task('Measuring the features of every layer …', () =>
      page.studio.advice(page.progressOf('Measuring images')),
    );
    if (advice === undefined) return;
    body.replaceChildren(...show(advice, onTake));
    body.hidden = false;
    page.say(`The advice: ${advice.recommended.plan}. ${advice.recommended.why}`);
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

function show(advice: Advice, onTake: (plan: string) => void): HTMLElement[] {
  const { findings, depths, chance } = advice;
  return [
    element(
      'ul',
      { class: 'findings' },
      findings.map(({ name, value, meaning }) =>
        element(
          'li',
          { class: 'card' },
          name,
          element('strong', {}, value),
          element('span', { class: 'pale' }, meaning),
        ),
      ),
    ),
    element(
      'div',
      { class: 'two' },
      element(
        'div',
        { class: 'card' },
        lineChart({
          title: 'Accuracy of a linear probe on each layer',
          x: 'deeper →',
          places: depths.map(({ layer }) => layer),
          lines: [{ name: 'accuracy', points: depths.map(({ accuracy }, i) => [i, accuracy]), dots: true }],
          format: percent,
          top: 1.12,
          rule: { y: chance, name: 'guessing' },
        }),
      ),
      recommendation(advice, onTake),
    ),
  ];
}

function recommendation({ recommended, review, scores }: Advice, onTake: (plan: string) => void): HTMLElement {
  const rows = scores.map(({ name, value }) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, value.toFixed(2))),
  );
  return element(
    'div',
    { class: 'card recommended' },
    element('h3', {}, `The data speaks for ${recommended.plan}`),
    element('p', {}, recommended.why),
    element('p', { class: 'pale' }, `The review of fine-tuning methods: ${review}.`),
    element('div', { class: 'buttons' }, takeButton(recommended.plan, onTake)),
    element(
      'table',
      { class: 'scores' },
      element('caption', {}, 'Transferability scores of the top layer; greater is better'),
      element('tbody', {}, rows),
    ),
  );
}

function takeButton(plan: string, onTake: (plan: string) => void): HTMLElement {
  const take = element('button', { type: 'button', id: 'take-plan' }, `Take the plan ${plan}`);
  take.addEventListener('click', () => onTake(plan));
  return take;
}
