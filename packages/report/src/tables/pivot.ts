/** Measurements as a table: a row for each value of some factors, a column for each value of another, means in the cells. */
import type { Factors, Measurement } from '../records/study-record.ts';
import { cellKey } from '../records/study-record.ts';
import { type CellSummary, levels, summaries } from '../statistics/summaries.ts';
import { type Cell, type Column, NO_VALUE, type Table } from './table.ts';

export interface PivotOptions {
  /** Factors whose values make the rows: `'plan'`, or `['target', 'plan']`. */
  readonly rows: string | readonly string[];
  /** Factor whose values make the columns. */
  readonly columns: string;
  readonly metric: string;
  /** What the metric is multiplied by before it is shown. Default: 100, which makes shares percentages. */
  readonly scale?: number;
  /** Decimals. Default: 1. */
  readonly digits?: number;
  /** Which cell of a column is the best; null marks none. Default: the highest. */
  readonly better?: 'higher' | 'lower' | null;
}

/**
 * Cells are `71.3 ± 0.4`, mean and standard deviation over the seeds, `71.3` for a single one; where a cell has fewer
 * measurements than the fullest, their number stands behind it, `71.3 ± 0.4 (2)`. The best of each column is marked, among
 * the rows that agree in all factors but the last; equals as shown are all marked. Numbers ascend, texts keep the order in
 * which they come.
 */
export function pivot(measurements: readonly Measurement[], options: PivotOptions): Table {
  const { columns: across, metric, scale = 100, digits = 1, better = 'higher' } = options;
  const down = typeof options.rows === 'string' ? [options.rows] : options.rows;
  const cells = summaries(measurements, [...down, across], metric);
  const byCell = new Map(cells.map((cell) => [cellKey(cell.factors), cell]));
  const most = Math.max(0, ...cells.map(({ count }) => count));
  const values = levels(cells, across);
  const heads = rowHeads(cells, down);
  const find = (head: Factors, value: string | number) => byCell.get(cellKey({ ...head, [across]: value }));
  const shown = (value: number) => (scale * value).toFixed(digits);
  const best = new Map<string, number>();
  const groupKey = (head: Factors, value: string | number) =>
    JSON.stringify([...down.slice(0, -1).map((name) => head[name]), value]);
  for (const head of heads)
    for (const value of values) {
      const mean = find(head, value)?.mean;
      if (mean === undefined) continue;
      const key = groupKey(head, value);
      const rival = best.get(key) ?? mean;
      best.set(key, better === 'lower' ? Math.min(rival, mean) : Math.max(rival, mean));
    }
  const rows = heads.map((head): Cell[] => [
    ...down.map((name) => ({ text: String(head[name]) })),
    ...values.map((value): Cell => {
      const cell = find(head, value);
      if (cell === undefined) return { text: NO_VALUE };
      const isBest = better !== null && shown(cell.mean) === shown(best.get(groupKey(head, value))!);
      const text = describe(cell, shown, most);
      return isBest ? { text, best: true } : { text };
    }),
  ]);
  const columns: Column[] = [
    ...down.map((title): Column => ({ title, align: 'left' })),
    ...values.map((value): Column => ({ title: String(value), align: 'right' })),
  ];
  return { columns, rows };
}

function describe(cell: CellSummary, shown: (value: number) => string, most: number): string {
  const mean = cell.count === 1 ? shown(cell.mean) : `${shown(cell.mean)} ± ${shown(cell.standardDeviation)}`;
  return cell.count === most ? mean : `${mean} (${cell.count})`;
}

/** The combinations of row factors that there are, sorted by the first, then the second, ... */
function rowHeads(cells: readonly CellSummary[], names: readonly string[]): Factors[] {
  const heads = new Map<string, Factors>();
  for (const { factors } of cells) {
    const head = Object.fromEntries(names.map((name) => [name, factors[name]!]));
    heads.set(cellKey(head), head);
  }
  const ranks = names.map((name) => new Map(levels(cells, name).map((value, rank) => [value, rank])));
  return [...heads.values()].sort((a, b) => {
    for (const [i, name] of names.entries()) {
      const order = ranks[i]!.get(a[name]!)! - ranks[i]!.get(b[name]!)!;
      if (order !== 0) return order;
    }
    return 0;
  });
}
