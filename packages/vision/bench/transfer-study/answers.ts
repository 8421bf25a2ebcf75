/** The study's answers as tables: each takes measurements and gives what stands in the README. */
import { kendallTau } from '@attune/core';
import {
  type Factors,
  type Figure,
  levels,
  type Measurement,
  pairedDifference,
  pivot,
  plainTable,
  sizeCurves,
  summaries,
  type Table,
  where,
} from '@attune/report';
import { type Judged, judgeAlways, judgeKnown, judgeLeavingOut, judgeReview, mean } from './fit-advisor.ts';
import { finalRuns, type StudiedTask } from './known-tasks.ts';
import { TARGETS } from './targets.ts';

const METRIC = 'accuracy';
const points = (share: number) => (100 * share).toFixed(1);
const signed = (share: number) => `${share > 0 ? '+' : ''}${points(share)}`;

/** Accuracy of every plan at every size, one target after the other. */
export function accuracyTable(transfer: readonly Measurement[], from: string): Table {
  const runs = where(finalRuns(transfer), { from }).sort((a, b) => targetNumber(a.factors) - targetNumber(b.factors));
  return pivot(runs, { rows: ['target', 'plan'], columns: 'size', metric: METRIC });
}

function targetNumber({ target }: Factors): number {
  return TARGETS.findIndex(({ name }) => name === target);
}

/** 1. Does the review's advice win, and where does it fail? */
export function reviewTable(tasks: readonly StudiedTask[]): Table {
  const judged = judgeReview(tasks);
  return plainTable(
    ['target', 'kind', 'images a class', 'the review says', 'best tried', 'loses, points', 'holds'],
    judged.map(({ target, imagesPerClass, advised, best, regret }) => [
      target,
      TARGETS.find(({ name }) => name === target)!.kind,
      imagesPerClass,
      namesOf(advised),
      best,
      points(regret),
      holds(regret),
    ]),
  );
}

/** Within a point of the best. */
const WITHIN = 0.01;
const holds = (regret: number) => (regret <= WITHIN ? 'yes' : 'no');

/** 2. The modular network against fine-tuning, paired by target and seed, as the set shrinks. */
export function modularTable(transfer: readonly Measurement[], from: string): Table {
  const runs = where(finalRuns(transfer), { from });
  const against = ['full', 'probe-then-full', 'linear-probe'];
  return plainTable(
    ['images a class', ...against.flatMap((plan) => [`modular - ${plan}, points`, '95 % interval', 'won'])],
    levels(where(runs, { plan: 'modular' }), 'size').map((size) => [
      size,
      ...against.flatMap((plan) =>
        differenceCells(where(runs, { size, plan: 'modular' }), where(runs, { size, plan })),
      ),
    ]),
  );
}

function differenceCells(upper: readonly Measurement[], lower: readonly Measurement[]): string[] {
  if (lower.length === 0) return ['', '', ''];
  const {
    mean: difference,
    interval,
    wins,
    pairs,
  } = pairedDifference(upper, lower, { metric: METRIC, by: ['target'] });
  return [signed(difference), `${signed(interval.low)} to ${signed(interval.high)}`, `${wins} of ${pairs.length}`];
}

/** 3. One frozen extractor for all tasks: accuracy against full fine-tuning, and how many times faster. */
export function extractorTable(transfer: readonly Measurement[], from: string): Table {
  const runs = where(finalRuns(transfer), { from });
  return plainTable(
    ['target', 'images a class', 'probe, %', 'full, %', 'probe - full, points', 'times faster'],
    levels(runs, 'target').flatMap((target) =>
      levels(where(runs, { target, plan: 'full' }), 'size').flatMap((size) => {
        const [probe, full] = ['linear-probe', 'full'].map((plan) => where(runs, { target, size, plan }));
        if (probe!.length === 0) return [];
        const accuracy = (of: readonly Measurement[]) => summaries(of, ['plan'], METRIC)[0]!.mean;
        // The middle one: a run that had to wait for others tells nothing.
        const seconds = (of: readonly Measurement[]) => median(of.map((run) => run.seconds));
        return [
          [
            target,
            size,
            points(accuracy(probe!)),
            points(accuracy(full!)),
            signed(accuracy(probe!) - accuracy(full!)),
            (seconds(full!) / seconds(probe!)).toFixed(0),
          ],
        ];
      }),
    ),
  );
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** 4. Yosinski's curve: gain over the base network of the same target half and seed, by the number of groups carried. */
export function layersTable(yosinski: readonly Measurement[]): Table {
  const bases = where(yosinski, { source: 'none' });
  const kinds = [
    ['AnB, frozen', false, 'no'],
    ['BnB, frozen', true, 'no'],
    ['AnB+, tuned', false, 'yes'],
    ['BnB+, tuned', true, 'yes'],
  ] as const;
  const depths = levels(where(yosinski, { tuned: 'no' }), 'carried');
  return plainTable(
    ['groups carried', ...kinds.flatMap(([name]) => [`${name}: gain, points`, '95 % interval'])],
    depths.map((carried) => [
      carried,
      ...kinds.flatMap(([, same, tuned]) => {
        const runs = where(yosinski, { carried, tuned }).filter(
          ({ factors }) => factors.source !== 'none' && (factors.source === factors.target) === same,
        );
        if (runs.length === 0) return ['', ''];
        const { mean: gain, interval } = pairedDifference(runs, bases, { metric: METRIC, by: ['target'] });
        return [signed(gain), `${signed(interval.low)} to ${signed(interval.high)}`];
      }),
    ]),
  );
}

/** The same as a plot: the gain of every network over its base, paired by target half and seed. */
export function layerCurves(yosinski: readonly Measurement[]): Figure {
  const bases = where(yosinski, { source: 'none' });
  const gains = yosinski.flatMap((run): Measurement[] => {
    const { source, target, carried, tuned } = run.factors;
    const base = where(bases, { target: target! }).find(({ seed }) => seed === run.seed);
    if (source === 'none' || base === undefined) return [];
    const kind = `${source === target ? 'BnB' : 'AnB'}${tuned === 'yes' ? '+, tuned' : ', frozen'}`;
    return [
      {
        ...run,
        factors: { carried: carried!, kind },
        metrics: { gain: run.metrics.accuracy! - base.metrics.accuracy! },
      },
    ];
  });
  return sizeCurves(gains, {
    title: 'What carried layers are worth',
    x: 'carried',
    series: 'kind',
    metric: 'gain',
    xLabel: 'layer groups carried',
    yLabel: 'accuracy over the base network, points',
  });
}

const SCORES = ['cross-validated probe', 'LogME', 'H-score', 'shrunk H-score', 'TransRate', 'nearest neighbour'];

/** 5. Kendall's tau of each score with what it is to foretell. */
export function scoresTable(scores: readonly Measurement[], transfer: readonly Measurement[]): Table {
  const tasks = groupBy(
    scores.filter(({ factors }) => factors.layer !== 'task'),
    ['target', 'size', 'from'],
  );
  return plainTable(
    ['score', 'layers: tau with the probe', 'sources: tau with the probe', 'plans: tau with probe - full'],
    SCORES.map((score) => [
      score,
      average(tasks.map((layers) => tauOf(layers, score, ({ metrics }) => metrics.test))),
      average(sourceTaus(scores, score)),
      average(planTaus(scores, transfer, score)),
    ]),
  );
}

function average(taus: readonly (number | undefined)[]): string {
  const known = taus.filter((tau) => tau !== undefined && Number.isFinite(tau)) as number[];
  return known.length === 0 ? '–' : `${mean(known).toFixed(2)} (${known.length})`;
}

function tauOf(
  items: readonly Measurement[],
  score: string,
  outcome: (item: Measurement) => number | undefined,
): number | undefined {
  const pairs = items.flatMap((item) => {
    const [a, b] = [item.metrics[score], outcome(item)];
    return a === undefined || b === undefined ? [] : [[a, b] as const];
  });
  if (pairs.length < 2) return undefined;
  return kendallTau(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
}

/** Top layers of different sources, on one target and size. */
function sourceTaus(scores: readonly Measurement[], score: string): (number | undefined)[] {
  return groupBy(tops(scores), ['target', 'size']).map((sources) =>
    tauOf(sources, score, ({ metrics }) => metrics.test),
  );
}

/** Targets and sizes of one source: does a high score tell that the frozen features are enough? */
function planTaus(
  scores: readonly Measurement[],
  transfer: readonly Measurement[],
  score: string,
): (number | undefined)[] {
  const runs = finalRuns(transfer);
  const accuracy = ({ factors: { target, size, from } }: Measurement, plan: string, seed: number) =>
    where(runs, { target, size, from, plan } as Factors).find((run) => run.seed === seed)?.metrics[METRIC];
  return groupBy(tops(scores), ['from', 'size']).map((tasks) =>
    tauOf(tasks, score, (task) => {
      const [probe, full] = [accuracy(task, 'linear-probe', task.seed), accuracy(task, 'full', task.seed)];
      return probe === undefined || full === undefined ? undefined : probe - full;
    }),
  );
}

/** The top layer's scores, with those of the source's head. */
function tops(scores: readonly Measurement[]): Measurement[] {
  return groupBy(scores, ['target', 'size', 'from']).flatMap((task) => {
    const layers = task.filter(({ factors }) => factors.layer !== 'task');
    const head = task.find(({ factors }) => factors.layer === 'task');
    const top = layers.at(-1);
    return top === undefined ? [] : [{ ...top, metrics: { ...top.metrics, ...head?.metrics } }];
  });
}

/** Groups that share these factors and the seed. */
function groupBy(items: readonly Measurement[], names: readonly string[]): Measurement[][] {
  const groups = new Map<string, Measurement[]>();
  for (const item of items) {
    const key = JSON.stringify([...names.map((name) => item.factors[name]), item.seed]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

/** 6. The advisor on targets that it was not fitted on, beside the review's rule and fixed plans. */
export function advisorTable(tasks: readonly StudiedTask[]): Table {
  const rules: [string, Judged[]][] = [
    ['the advisor, target left out', judgeLeavingOut(tasks, 'plans')],
    ['the advisor without trials of plans (`--trials 0`), target left out', judgeLeavingOut(tasks, 'earlier layer')],
    ['known tasks alone, target left out', judgeLeavingOut(tasks, 'nothing')],
    ['the advisor, target known', judgeKnown(tasks, 'plans')],
    ["the review's rule, target left out", judgeReview(tasks)],
    ...['linear-probe', 'full', 'probe-then-full'].map((plan): [string, Judged[]] => [
      `always ${plan}`,
      judgeAlways(tasks, plan),
    ]),
  ];
  return plainTable(
    ['rule', 'tasks', 'within 1 point of the best', 'mean regret, points', 'greatest regret, points'],
    rules.map(([name, judged]) => [
      name,
      judged.length,
      `${judged.filter(({ regret }) => regret <= WITHIN).length} of ${judged.length}`,
      points(mean(judged.map(({ regret }) => regret))),
      points(Math.max(...judged.map(({ regret }) => regret))),
    ]),
  );
}

/** The advice for each target, a draw of images after the other: fitted without it, and as it is given now that it is known. */
export function adviceTable(tasks: readonly StudiedTask[], imagesPerClass: number): Table {
  const here = (judged: readonly Judged[]) => judged.filter((each) => each.imagesPerClass === imagesPerClass);
  const known = here(judgeKnown(tasks, 'plans'));
  return plainTable(
    ['target', 'best tried', 'advised, left out', 'loses, points', 'holds', 'advised, known', 'loses, points', 'holds'],
    here(judgeLeavingOut(tasks, 'plans')).map(({ target, advised, best, regret }, i) => [
      target,
      best,
      ...[namesOf(advised), points(regret), holds(regret)],
      ...[namesOf(known[i]!.advised), points(known[i]!.regret), holds(known[i]!.regret)],
    ]),
  );
}

/** Each name once, with how often it was advised where there are several. */
function namesOf(advised: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of advised) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (counts.size === 1 ? name : `${count} x ${name}`)).join(', ');
}
