/** The section on training: start, stop, go on; loss and accuracy as they come. */
import { proxy } from 'comlink';
import type { DoneTraining, OnTrainingEvent, TrainingEvent, TrainingOutcome } from '../api.ts';
import { byId } from './element.ts';
import { type Line, lineChart } from './line-chart.ts';
import { type Page, percent } from './page.ts';

type EpochRecord = Extract<TrainingEvent, { what: 'epoch' }>['record'];

export interface TrainingSection {
  /** To be called when the plan has changed. */
  update(): void;
}

/** What the section asks of the worker. */
export interface TrainingCalls<Request, Results> {
  train(request: Request, onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  /** Goes on with the run that was stopped. */
  continueTraining(onEvent: OnTrainingEvent): Promise<TrainingOutcome<Results>>;
  stop(): Promise<void>;
}

/**
 * @param request What is to be trained now.
 * @param onDone Told of a run that has come to its end.
 */
export function setUpTraining<Data, Request extends { readonly plan: { readonly name: string } }, Results>(
  page: Page<Data>,
  calls: TrainingCalls<Request, Results>,
  request: () => Request | undefined,
  onDone: (request: Request, outcome: DoneTraining<Results>) => void,
): TrainingSection {
  const [start, stop, goOn] = ['start', 'stop', 'continue'].map((id) => byId<HTMLButtonElement>(id)) as [
    HTMLButtonElement,
    HTMLButtonElement,
    HTMLButtonElement,
  ];
  const progress = byId<HTMLProgressElement>('progress');
  let records: EpochRecord[] = [];
  let stopped: Request | undefined;
  let busy = false;
  let running = false;
  let drawing = false;

  const update = () => {
    start.disabled = busy || request() === undefined;
    goOn.disabled = busy || stopped === undefined;
    stop.disabled = !running;
  };
  page.onBusy.push((now) => {
    busy = now;
    update();
  });
  page.onData.push(() => {
    stopped = undefined;
    records = [];
    byId('training-body').hidden = true;
    update();
  });

  // At most once a frame, however fast the epochs come.
  const draw = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      const line = (name: string, of: (record: EpochRecord) => number | undefined, dashed = false): Line => ({
        name,
        dashed,
        points: thinned(records).flatMap((record) => {
          const value = of(record);
          return value === undefined ? [] : [[record.epoch + 1, value] as const];
        }),
      });
      const chart = (
        id: string,
        title: string,
        what: 'loss' | 'accuracy',
        format: (value: number) => string,
        top?: number,
      ) =>
        byId(id).replaceChildren(
          lineChart({
            title,
            x: 'epoch',
            format,
            ...(top === undefined ? {} : { top }),
            lines: [
              line('training', (record) => record[`train/${what}`]),
              line('validation', (record) => record[`validation/${what}`], true),
            ].filter(({ points }) => points.length > 0 || records.length === 0),
          }),
        );
      chart('loss-chart', 'Loss', 'loss', (value) => value.toFixed(2));
      chart('accuracy-chart', 'Accuracy', 'accuracy', percent, 1.05);
    });
  };

  const onEvent = proxy((event: TrainingEvent) => {
    switch (event.what) {
      case 'features':
        progress.value = 0;
        byId('progress-text').textContent = `Computing features: ${event.done} of ${event.total} images`;
        break;
      case 'step': {
        const { epoch, epochs, batch, batches, secondsLeft } = event;
        progress.value = (epoch + batch / batches) / epochs;
        const left = secondsLeft === null ? '' : `, about ${Math.ceil(secondsLeft)} s left`;
        byId('progress-text').textContent = `Epoch ${epoch + 1} of ${epochs}${left}`;
        break;
      }
      case 'epoch': {
        const { record, epochs } = event;
        records.push(record);
        draw();
        const accuracy = record['validation/accuracy'] ?? record['train/accuracy'];
        page.sayNowAndThen(`Epoch ${record.epoch + 1} of ${epochs}: accuracy ${percent(accuracy)}.`);
        break;
      }
      default:
        event satisfies never;
    }
  });

  const run = async (asked: Request, work: () => Promise<TrainingOutcome<Results>>) => {
    byId('training-body').hidden = false;
    running = true;
    const outcome = await page.task(`Training with the plan ${asked.plan.name} …`, work);
    running = false;
    stopped = outcome?.state === 'stopped' ? asked : undefined;
    update();
    if (outcome === undefined) return;
    if (outcome.state === 'stopped') page.say(`Stopped after ${outcome.epochs} epochs: Continue goes on from there.`);
    else {
      byId('progress-text').textContent = `${outcome.epochs} epochs in ${outcome.seconds.toFixed(1)} s`;
      onDone(asked, outcome);
    }
  };

  start.addEventListener('click', () => {
    const asked = request();
    if (asked === undefined) return;
    records = [];
    draw();
    void run(asked, () => calls.train(asked, onEvent));
  });
  goOn.addEventListener('click', () => {
    if (stopped) void run(stopped, () => calls.continueTraining(onEvent));
  });
  stop.addEventListener('click', () => void calls.stop());
  return { update };
}

/** At most some hundred of them, the last among them: a screen shows no more. */
function thinned<Item>(items: readonly Item[]): readonly Item[] {
  const every = Math.ceil(items.length / 200);
  return items.filter((_, i) => (items.length - 1 - i) % every === 0);
}
