/**
 * The record of a training run, `run.json` and `metrics.jsonl`, as every domain writes it: what all share is required and
 * checked, what a domain adds is kept as it is.
 */
import type { Place } from './fields.ts';
import { anything, at, exactly, fieldsOf, finite, object, refuse, text, whole } from './fields.ts';

export const RUN_FORMAT = 1;

export interface RunRecord {
  readonly format: typeof RUN_FORMAT;
  readonly domain: string;
  readonly status: 'running' | 'done';
  /** The network that it started from, or that was trained. */
  readonly from: string;
  /** The plan in full; its name is what runs are grouped by. */
  readonly plan: { readonly name: string };
  readonly seed: number;
  readonly settings: object;
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: string;
  /** What came out; null while the run goes on. */
  readonly result: object | null;
  /** Names of the classes, where there are any. */
  readonly classes?: readonly string[];
  /** What it learnt from: a `path`, a `fingerprint`, counts of `examples` by split, and what the domain adds. */
  readonly data?: unknown;
}

/** How well a network does on the examples of a split; what is not a share in [0, 1] or a loss in nats is left out. */
export interface Evaluation {
  readonly split: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** Entry [i][j]: examples of class i that were taken for class j; null where there are no classes. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/** One line of metrics.jsonl: numbers by name, `train/loss`, `validation/accuracy`, ...; `epoch` or `step` counts. */
export type MetricsLine = Readonly<Record<string, number>>;

/** @param file Its name, for messages. @throws UserError that names the field which is wrong. */
export function parseRunRecord(value: unknown, file: string): RunRecord {
  const place = { file, path: '' };
  const fields = object(value, place);
  const plan = object(anything(fields.plan, at(place, 'plan')), at(place, 'plan'));
  const { status, result } = fields;
  if (status !== 'running' && status !== 'done') refuse(at(place, 'status'), '"running" or "done"', status);
  return {
    ...fieldsOf(fields, place, anything),
    format: exactly(fields.format, RUN_FORMAT, at(place, 'format')),
    domain: text(fields.domain, at(place, 'domain')),
    status,
    from: text(fields.from, at(place, 'from')),
    plan: { ...plan, name: text(plan.name, at(place, 'plan.name')) },
    seed: whole(fields.seed, at(place, 'seed')),
    settings: object(fields.settings, at(place, 'settings')),
    versions: fieldsOf(fields.versions, at(place, 'versions'), text),
    backend: text(fields.backend, at(place, 'backend')),
    result: result === null ? null : object(result, at(place, 'result')),
    ...(fields.classes === undefined ? {} : { classes: list(fields.classes, at(place, 'classes'), text) }),
  };
}

/** @throws UserError that names the field which is wrong. */
export function parseMetricsLine(value: unknown, place: Place): MetricsLine {
  return fieldsOf(value, place, finite);
}

/**
 * The evaluation that a run's result holds: of the test split, else of validation; null where there is none.
 * @throws UserError that names the field which is wrong.
 */
export function evaluationOf(record: RunRecord, file: string): Evaluation | null {
  for (const split of ['test', 'validation']) {
    const value = (record.result as Readonly<Record<string, unknown>> | null)?.[split];
    if (value === undefined || value === null) continue;
    const place = { file, path: `result.${split}` };
    const fields = object(value, place);
    const numbers = Object.entries(fields).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    return {
      split,
      metrics: Object.fromEntries(numbers),
      confusion:
        fields.confusion === undefined
          ? null
          : squareMatrix(fields.confusion, record.classes?.length ?? null, at(place, 'confusion')),
    };
  }
  return null;
}

/** What is known of a run's data; what is not of the right type is left out. */
export interface RunData {
  readonly path?: string;
  readonly fingerprint?: string;
  readonly examples: Readonly<Record<string, number>>;
}

export function dataOf({ data }: RunRecord): RunData {
  if (typeof data !== 'object' || data === null) return { examples: {} };
  const { path, fingerprint, examples } = data as Readonly<Record<string, unknown>>;
  const counts = typeof examples === 'object' && examples !== null ? Object.entries(examples) : [];
  return {
    ...(typeof path === 'string' ? { path } : {}),
    ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
    examples: Object.fromEntries(counts.filter((entry) => Number.isFinite(entry[1]))),
  };
}

/** A number of a run's result, such as `seconds` or `steps`; undefined where there is none. */
export function resultNumber({ result }: RunRecord, name: string): number | undefined {
  const value = (result as Readonly<Record<string, unknown>> | null)?.[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function squareMatrix(value: unknown, side: number | null, place: Place): number[][] {
  const rows = list(value, place, (row, where) => list(row, where, whole));
  const wanted = side ?? rows.length;
  if (rows.length !== wanted) refuse(place, `${wanted} rows, one for each class`, value);
  rows.forEach((row, i) => {
    if (row.length !== wanted) refuse(at(place, i), `${wanted} counts, one for each class`, row);
  });
  return rows;
}

function list<Value>(value: unknown, place: Place, read: (value: unknown, place: Place) => Value): Value[] {
  if (!Array.isArray(value)) refuse(place, 'a list', value);
  return value.map((item: unknown, i) => read(item, at(place, i)));
}
