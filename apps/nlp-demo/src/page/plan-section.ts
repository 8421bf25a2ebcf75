/** 3 Plan: the word-level network with a switch for each of its parts, or the encoder, frozen or tuned. */
import { byId } from '@attune/demo-parts/page';
import type { Init, InitPlan } from '@attune/nlp';
import type { Choice, PlanView, TrainingRequest } from '../api.ts';
import type { StudioPage } from './studio-page.ts';

export interface PlanSection {
  /** What is to be trained now; undefined while there is nothing to train on. */
  request(): TrainingRequest | undefined;
  /** Sets the switches. */
  take(init: InitPlan): Promise<void>;
}

export function setUpPlan(page: StudioPage, onChange: () => void): PlanSection {
  const body = byId<HTMLFieldSetElement>('plan-body');
  const epochs = byId<HTMLInputElement>('epochs');
  const rate = byId<HTMLInputElement>('rate');
  let view: PlanView | undefined;
  let hasData = false;

  const choice = (): Choice =>
    checked('network') === 'words'
      ? { network: 'words', init: { E: checked<Init>('E'), H: checked<Init>('H'), O: checked<Init>('O') } }
      : { network: 'encoder', encoder: checked<'frozen' | 'tuned'>('encoder') };

  const look = async (announced: boolean) => {
    byId('switches').hidden = checked('network') !== 'words';
    byId('encoder-choice').hidden = checked('network') !== 'encoder';
    view = undefined;
    if (hasData) view = await page.task(null, () => page.studio.viewPlan(choice()));
    byId('plan-line').textContent = view ? `${view.line}.` : '';
    byId('trainable').textContent = view ? sizes(view) : '';
    byId('rates').hidden = view !== undefined && view.trainable === 0;
    if (view && view.trainable > 0) {
      epochs.value = String(view.epochs);
      rate.value = String(view.learningRate);
    }
    onChange();
    if (announced && view) page.say(`${view.plan.name}: ${sizes(view)}.`);
  };
  for (const name of ['network', 'E', 'H', 'O', 'encoder'])
    for (const radio of radios(name)) radio.addEventListener('change', () => look(true));

  page.onData.push(async (data) => {
    hasData = data !== undefined;
    body.disabled = !hasData;
    const copied = data?.sourceClasses ?? false;
    for (const radio of radios('O')) radio.disabled = !copied && radio.value !== 'random';
    if (!copied) check('O', 'random');
    byId('other-classes').hidden = copied;
    await look(false);
  });
  page.onBusy.push((busy) => {
    body.disabled = busy || !hasData;
  });

  return {
    request: () =>
      view && { choice: view.choice, plan: view.plan, epochs: Number(epochs.value), learningRate: Number(rate.value) },
    async take(init) {
      check('network', 'words');
      for (const part of ['E', 'H', 'O'] as const) check(part, init[part]);
      await look(true);
    },
  };
}

function sizes({ values, trainable }: PlanView): string {
  const number = (value: number) => value.toLocaleString('en');
  if (trainable === 0) return `Nothing of ${number(values)} parameters is trained: it is measured as it is`;
  return `${number(trainable)} of ${number(values)} parameters are trainable (${((100 * trainable) / values).toFixed(1)} %)`;
}

function radios(name: string): readonly HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(`#plan input[name="${name}"]`)];
}

function checked<Value extends string>(name: string): Value {
  return radios(name).find((radio) => radio.checked)!.value as Value;
}

function check(name: string, value: string): void {
  radios(name).find((radio) => radio.value === value)!.checked = true;
}
