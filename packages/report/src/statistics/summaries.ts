/** What measurements say together: mean and spread over seeds, for each cell. */
import { type Summary, summarize } from '@attune/core';
import type { Factors, Measurement } from '../records/study-record.ts';
import { cellKey } from '../records/study-record.ts';

export interface CellSummary extends Summary {
  /** Those that were summarised by. */
  readonly factors: Factors;
  /** In the order of the measurements. */
  readonly values: readonly number[];
}

/**
 * A summary of `metric` for each combination of the factors named in `by`, in the order of their first measurements.
 * Measurements without the metric, or without one of the factors, are left out. Where `by` leaves a factor out, the mean
 * runs over its values too, and so does the standard deviation, which then is not one over seeds.
 */
export function summaries(measurements: readonly Measurement[], by: readonly string[], metric: string): CellSummary[] {
  const cells = new Map<string, { factors: Factors; values: number[] }>();
  for (const measurement of measurements) {
    const factors = pick(measurement.factors, by);
    const value = Object.hasOwn(measurement.metrics, metric) ? measurement.metrics[metric] : undefined;
    if (factors === undefined || value === undefined) continue;
    const key = cellKey(factors);
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { factors, values: [value] });
    else cell.values.push(value);
  }
  return [...cells.values()].map(({ factors, values }) => ({ factors, values, ...summarize(values) }));
}

/** The factors of these names; undefined when one is missing. */
export function pick(factors: Factors, names: readonly string[]): Factors | undefined {
  return names.every((name) => Object.hasOwn(factors, name))
    ? Object.fromEntries(names.map((name) => [name, factors[name]!]))
    : undefined;
}

/** The values of a factor: numbers ascending, before texts in the order in which they come. */
export function levels(items: readonly { readonly factors: Factors }[], name: string): (string | number)[] {
  const values = [...new Set(items.flatMap(({ factors }) => (Object.hasOwn(factors, name) ? [factors[name]!] : [])))];
  const numbers = values.filter((value): value is number => typeof value === 'number').sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value === 'string')];
}
