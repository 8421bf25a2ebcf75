/** 6 A sentence: what the trained network makes of it, and how each word speaks for that. */
import { byId, element, percent } from '@attune/demo-parts/page';
import type { Explanation } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

export interface SentenceSection {
  /** Puts the text into the field and explains it. */
  explain(text: string): Promise<void>;
  /** To be called when there is a trained network. */
  ready(): void;
}

export function setUpSentence(page: StudioPage): SentenceSection {
  const field = byId<HTMLInputElement>('sentence');
  const button = byId<HTMLButtonElement>('predict');
  const place = byId('explanation');
  let trained = false;
  let busy = false;
  const update = () => {
    button.disabled = busy || !trained;
    field.disabled = !trained;
  };
  page.onData.push(() => {
    trained = false;
    place.replaceChildren();
    update();
  });
  page.onBusy.push((now) => {
    busy = now;
    update();
  });

  const explain = async (text: string) => {
    field.value = text;
    const explanation = await page.task('Reading …', () => page.studio.explain(text));
    if (explanation === undefined) return;
    const { classes, predicted, probabilities } = explanation;
    place.replaceChildren(...show(explanation));
    page.say(`It says ${classes[predicted]}, ${percent(probabilities[predicted]!)} sure.`);
  };
  byId<HTMLFormElement>('sentence-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void explain(field.value);
  });
  return {
    async explain(text) {
      await explain(text);
      byId('sentence-section').scrollIntoView();
    },
    ready() {
      trained = true;
      place.replaceChildren();
      update();
    },
  };
}

function show({ classes, probabilities, predicted, words }: Explanation): HTMLElement[] {
  const most = Math.max(...words.map(({ weight }) => Math.abs(weight)), 1e-6);
  return [
    element(
      'p',
      {},
      'It says ',
      element('strong', { id: 'predicted' }, classes[predicted]!),
      `: ${classes.map((name, i) => `${name} ${percent(probabilities[i]!)}`).join(', ')}.`,
    ),
    element('p', { class: 'pale small' }, `What each word adds to the log-odds of '${classes[predicted]}':`),
    element(
      'ol',
      { class: 'words', 'aria-label': `Words, with what each adds to the log-odds of ${classes[predicted]}` },
      words.map(({ word, known, weight }) =>
        element(
          'li',
          { class: weight < 0 ? 'against' : 'for', style: `--share: ${((100 * Math.abs(weight)) / most).toFixed(0)}%` },
          element('span', { class: known ? undefined : 'unknown' }, word),
          ' ',
          element('span', { class: 'weight' }, signed(weight)),
          known ? [] : element('span', { class: 'hidden' }, ' (the network does not know this word)'),
        ),
      ),
    ),
  ];
}

/** With a minus sign that is read out as one. */
function signed(weight: number): string {
  return `${weight < 0 ? '−' : '+'}${Math.abs(weight).toFixed(2)}`;
}
