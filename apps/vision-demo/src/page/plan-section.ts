/** 3 Plan: one with a name, or one's own by freezing and thawing blocks of the drawing. */
import { byId, element } from '@attune/demo-parts/page';
import type { PlanView, TrainingRequest } from '../api.ts';
import { withMovingGroups } from '../custom-plan.ts';
import { networkDrawing } from './network-drawing.ts';
import type { StudioPage } from './studio-page.ts';

const FIRST_PLAN = 'linear-probe';

export interface PlanSection {
  /** What is to be trained now; undefined while there is no plan, or nothing moves. */
  request(): TrainingRequest | undefined;
  take(plan: string): Promise<void>;
  showNames(plans: readonly { readonly name: string; readonly line: string }[]): void;
}

export function setUpPlan(page: StudioPage, onChange: () => void): PlanSection {
  const body = byId<HTMLFieldSetElement>('plan-body');
  const select = byId<HTMLSelectElement>('plan-select');
  const epochs = byId<HTMLInputElement>('epochs');
  const rate = byId<HTMLInputElement>('rate');
  let view: PlanView | undefined;
  let hasData = false;

  const show = (next: PlanView | undefined, focus?: string) => {
    if (next === undefined) return;
    view = next;
    epochs.value = String(next.epochs);
    rate.value = String(next.learningRate);
    byId('plan-line').textContent = `${next.line}.`;
    byId('drawing').replaceChildren(networkDrawing(next, toggle));
    const share = ((100 * next.trainable) / next.values).toFixed(1);
    const number = (value: number) => value.toLocaleString('en');
    byId('trainable').textContent =
      `${number(next.trainable)} of ${number(next.values)} parameters are trainable (${share} %)`;
    const { name } = next.plan;
    if (![...select.options].some(({ value }) => value === name))
      select.append(element('option', { value: name }, name));
    select.value = name;
    if (focus) document.querySelector<SVGElement>(`#drawing [data-group="${CSS.escape(focus)}"]`)?.focus();
    onChange();
  };

  const take = async (plan: string | PlanView['plan'], focus?: string) => {
    const next = await page.task(null, () => page.studio.viewPlan(plan));
    show(next, focus);
    if (next) page.say(`${next.plan.name}: ${byId('trainable').textContent}.`);
  };

  async function toggle(group: string): Promise<void> {
    if (view === undefined) return;
    const groups = view.groups.map(({ name, moves }) => ({ name, moves: name === group ? !moves : moves }));
    if (groups.some(({ moves }) => moves)) await take(withMovingGroups(view.plan, groups), group);
    else page.fail('Something must move: thaw another block first.');
  }

  select.addEventListener('change', async () => {
    if (select.value === 'custom') select.value = view?.plan.name ?? FIRST_PLAN;
    else await take(select.value);
  });
  page.onData.push(async (data) => {
    hasData = data !== undefined && data.classes.length > 1;
    body.disabled = !hasData;
    view = undefined;
    byId('drawing').replaceChildren();
    byId('trainable').textContent = '';
    byId('plan-line').textContent = data && !hasData ? 'There must be at least two classes.' : '';
    onChange();
    if (hasData) show(await page.task(null, () => page.studio.viewPlan(FIRST_PLAN)));
  });
  page.onBusy.push((busy) => {
    body.disabled = busy || !hasData;
  });

  return {
    take,
    showNames: (plans) =>
      select.replaceChildren(...plans.map(({ name, line }) => element('option', { value: name, title: line }, name))),
    request: () => view && { plan: view.plan, epochs: Number(epochs.value), learningRate: Number(rate.value) },
  };
}
