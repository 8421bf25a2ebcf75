/**
 * The record of a study: measurements of many cells (a target, a size, a plan, ...) over seeds. It is what the tables and
 * plots of READMEs are made from, in every domain.
 */
import { anything, at, exactly, fieldsOf, finite, object, type Place, refuse, text, whole } from './fields.ts';

export const STUDY_FORMAT = 1;

/** What tells the cells of a study apart: `{ target: 'flowers', size: 20, plan: 'full' }`. */
export type Factors = Readonly<Record<string, string | number>>;

export interface Measurement {
  readonly factors: Factors;
  /** Fixes the split, the head and the order: measurements with the same seed are compared in pairs. */
  readonly seed: number;
  /** Finite numbers, such as accuracies in [0, 1]. What could not be measured is left out. */
  readonly metrics: Readonly<Record<string, number>>;
  /** What was chosen for this cell: learning rate, epochs, ... */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Wall time. */
  readonly seconds: number;
}

/** What all measurements of a study share. */
export interface StudyHeader {
  readonly format: typeof STUDY_FORMAT;
  readonly kind: 'study';
  /** Its name. */
  readonly study: string;
  /** `vision`, `nlp`, ... */
  readonly domain: string;
  /** What makes it again. */
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: string;
}

export interface StudyRecord extends StudyHeader {
  readonly measurements: readonly Measurement[];
}

/** @throws UserError that names the field which is wrong. */
export function parseStudyHeader(value: unknown, place: Place): StudyHeader {
  const fields = object(value, place);
  return {
    format: exactly(fields.format, STUDY_FORMAT, at(place, 'format')),
    kind: exactly(fields.kind, 'study', at(place, 'kind')),
    study: text(fields.study, at(place, 'study')),
    domain: text(fields.domain, at(place, 'domain')),
    command: text(fields.command, at(place, 'command')),
    versions: fieldsOf(fields.versions, at(place, 'versions'), text),
    backend: text(fields.backend, at(place, 'backend')),
  };
}

/** @throws UserError that names the field which is wrong. */
export function parseMeasurement(value: unknown, place: Place): Measurement {
  const { factors, seed, metrics, settings, seconds } = object(value, place);
  return {
    factors: fieldsOf(factors, at(place, 'factors'), textOrNumber),
    seed: whole(seed, at(place, 'seed')),
    metrics: fieldsOf(metrics, at(place, 'metrics'), finite),
    ...(settings === undefined ? {} : { settings: fieldsOf(settings, at(place, 'settings'), anything) }),
    seconds: finite(seconds, at(place, 'seconds')),
  };
}

/** A study as one JSON document. @param file Its name, for messages. @throws UserError that names the field. */
export function parseStudyRecord(value: unknown, file: string): StudyRecord {
  const place = { file, path: '' };
  const { measurements } = object(value, place);
  const list = at(place, 'measurements');
  if (!Array.isArray(measurements)) refuse(list, 'a list', measurements);
  return {
    ...parseStudyHeader(value, place),
    measurements: measurements.map((item: unknown, i) => parseMeasurement(item, at(list, i))),
  };
}

/** The same text for the same factors in any order; 5 and '5' differ. */
export function cellKey(factors: Factors): string {
  return JSON.stringify(Object.entries(factors).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The measurements whose factors are those given: `where(measurements, { plan: 'full', size: 20 })`. */
export function where<Item extends { readonly factors: Factors }>(
  measurements: readonly Item[],
  factors: Factors,
): Item[] {
  const wanted = Object.entries(factors);
  return measurements.filter((measurement) => wanted.every(([name, value]) => measurement.factors[name] === value));
}

function textOrNumber(value: unknown, place: Place): string | number {
  return typeof value === 'number' ? finite(value, place) : text(value, place);
}
