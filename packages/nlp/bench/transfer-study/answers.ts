/** The study's answers as tables: each takes measurements and gives what stands in the README. */
import { type Measurement, pivot, plainTable, type Table, where } from '@attune/report';
import type { Part } from './cells.ts';

const METRIC = 'accuracy';

export const ofPart = (measurements: readonly Measurement[], part: Part | 'reads' | 'advice') =>
  where(measurements, { part });

/** A column for each transfer, `imdb > mr`, in the order of the paper. */
const withTransfer = (measurements: readonly Measurement[]): Measurement[] =>
  measurements.map((each) => ({
    ...each,
    factors: { ...each.factors, transfer: `${each.factors.source} > ${each.factors.target}` },
  }));

const ROWS = ['RRR', 'LRR', 'LLR', 'LLL', 'FRR', 'FFR', 'FFF'];

/** INIT: which of E, H, O are random, locked, fine-tuned. No transfer is RRR. */
export function initTable(measurements: readonly Measurement[]): Table {
  const runs = inOrder(withTransfer(ofPart(measurements, 'init').filter(({ factors }) => factors.source !== LARGER)));
  return pivot(runs, { rows: ['vectors', 'plan'], columns: 'transfer', metric: METRIC });
}

const inOrder = (runs: Measurement[]) =>
  runs.sort((a, b) => ROWS.indexOf(String(a.factors.plan)) - ROWS.indexOf(String(b.factors.plan)));

/** SNLI with twice the pairs. */
const LARGER = 'snli-both';

/** What a larger source changes. */
export function largerSourceTable(measurements: readonly Measurement[]): Table {
  const larger = where(ofPart(measurements, 'init'), { source: LARGER });
  const plans = new Set(larger.map(({ factors }) => factors.plan));
  const usual = where(ofPart(measurements, 'init'), { source: 'snli', target: 'sick', vectors: 'random' });
  const runs = [...usual.filter(({ factors }) => plans.has(factors.plan)), ...larger];
  return pivot(inOrder(withTransfer(runs)), { rows: 'plan', columns: 'transfer', metric: METRIC });
}

/** What sources of pairs know of their own task, with the right premises and with wrong ones. */
export function readsTable(measurements: readonly Measurement[]): Table {
  return pivot(ofPart(measurements, 'reads'), { rows: 'premises', columns: 'source', metric: METRIC, better: null });
}

/** What `advise nlp` recommends for each transfer, and how far that row of INIT is from the best of all. */
export function adviceTable(measurements: readonly Measurement[]): Table {
  const init = withTransfer(where(ofPart(measurements, 'init'), { vectors: 'random' }));
  const advice = withTransfer(ofPart(measurements, 'advice'));
  const rows = [...new Set(advice.map(({ factors }) => factors.transfer!))].map((transfer) => {
    const means = new Map(
      ROWS.map((plan) => [plan, meanOf(where(init, { transfer, plan }).map(({ metrics }) => metrics[METRIC]!))]),
    );
    const [best, most] = [...means].reduce((a, b) => (b[1] > a[1] ? b : a));
    const asked = where(advice, { transfer });
    const lost = meanOf(asked.map(({ factors }) => most - means.get(String(factors.plan))!));
    const gains = asked.map(({ metrics }) => signed(metrics.hidden! - metrics.embedding!)).join(', ');
    const plans = [...new Set(asked.map(({ factors }) => factors.plan))].join(', ');
    return [String(transfer), gains, plans, best, (100 * lost).toFixed(1)];
  });
  const head = ['transfer', 'hidden layers against embedding, points', 'advised', 'best row', 'loses, points'];
  return plainTable(head, rows);
}

/** -Infinity of nothing: a row that was not measured is not the best. */
const meanOf = (values: readonly number[]) =>
  values.length === 0 ? -Infinity : values.reduce((sum, each) => sum + each, 0) / values.length;
/** A difference of shares in points, with its sign. */
export const signed = (share: number) => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)}`;

/** MULT and MULT+INIT over lambda, beside no transfer and the best of INIT. */
export function multTable(measurements: readonly Measurement[]): Table {
  const beside = ofPart(measurements, 'init')
    .filter(
      ({ factors: { vectors, source, plan } }) =>
        vectors === 'random' && source !== LARGER && ['RRR', 'FFR'].includes(String(plan)),
    )
    .map((each) => ({
      ...each,
      factors: {
        ...each.factors,
        plan: each.factors.plan === 'RRR' ? 'no transfer' : 'INIT, E and H tuned',
        lambda: '–',
      },
    }));
  const runs = (['mult-more', 'mult', 'mult-init'] as const).flatMap((part) => ofPart(measurements, part));
  return pivot(withTransfer([...beside, ...runs]), {
    rows: ['plan', 'lambda'],
    columns: 'transfer',
    metric: METRIC,
    better: null,
  });
}

/** The target's learning rate: the source's is 0.001. */
export function rateTable(measurements: readonly Measurement[]): Table {
  return pivot(
    withTransfer([...ofPart(measurements, 'rate'), ...atTheirDefault(measurements, 'rate', 0.001, ['RRR', 'FFR'])]),
    {
      rows: ['plan', 'rate'],
      columns: 'transfer',
      metric: METRIC,
    },
  );
}

/** Epochs that the source was trained before E and H were copied; 0: no transfer; best: by the source's validation. */
export function sourceEpochsTable(measurements: readonly Measurement[]): Table {
  const none = atTheirDefault(measurements, 'epochs', 0, ['RRR']);
  const best = atTheirDefault(measurements, 'epochs', 'best', ['FFR']);
  return pivot(withTransfer([...none, ...ofPart(measurements, 'source-epochs'), ...best]), {
    rows: 'epochs',
    columns: 'transfer',
    metric: METRIC,
  });
}

/** The target's size, as a share of its training examples. */
export function sizeTable(measurements: readonly Measurement[]): Table {
  const whole = atTheirDefault(measurements, 'share', 1, ['RRR', 'FRR', 'FFR', 'LLR', 'FFF']);
  return pivot(withTransfer([...ofPart(measurements, 'size'), ...whole]), {
    rows: ['share', 'plan'],
    columns: 'transfer',
    metric: METRIC,
  });
}

/** Few examples a class: every plan. */
export function fewTable(measurements: readonly Measurement[]): Table {
  return pivot(ofPart(measurements, 'few'), { rows: ['target', 'plan'], columns: 'examples', metric: METRIC });
}

/** The rows of INIT with drawn vectors as the value of another factor that they have. */
function atTheirDefault(
  measurements: readonly Measurement[],
  factor: string,
  value: number | string,
  plans: readonly string[],
): Measurement[] {
  return where(ofPart(measurements, 'init'), { vectors: 'random' })
    .filter(({ factors }) => factors.source !== LARGER && plans.includes(String(factors.plan)))
    .map((each) => ({ ...each, factors: { ...each.factors, [factor]: value } }));
}
