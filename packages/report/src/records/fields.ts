/**
 * Reading of JSON that somebody else wrote: each value is checked for what it should be, and where it is not, the user
 * learns which field of which file is wrong. Values are bounded, so that a hostile file costs no more than its size.
 */
import { UserError } from '@attune/core';

/** A place in a file: `runs/a/run.json: result.test.accuracy`. */
export interface Place {
  /** File, and line where there are several. */
  readonly file: string;
  /** Names of the fields down to this one, joined by dots; '' for the whole. */
  readonly path: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Longest string, most fields of one object and deepest nesting that a record may hold. */
const LIMITS = { characters: 20_000, fields: 10_000, depth: 32 } as const;

export function at(place: Place, field: string | number): Place {
  const name = typeof field === 'number' ? `[${field}]` : place.path === '' ? field : `.${field}`;
  return { file: place.file, path: `${place.path}${name}` };
}

export function refuse({ file, path }: Place, expected: string, value?: unknown): never {
  const got = value === undefined ? 'it is missing' : `it is ${shorten(value)}`;
  throw new UserError(
    `${file}: ${path === '' ? 'the record' : path} must be ${expected}, and ${got}.`,
    'Restore the file, or write it anew.',
  );
}

export function object(value: unknown, place: Place): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(place, 'an object', value);
  if (Object.keys(value).length > LIMITS.fields) refuse(place, `an object of at most ${LIMITS.fields} fields`, value);
  return value as JsonObject;
}

export function text(value: unknown, place: Place): string {
  if (typeof value !== 'string') refuse(place, 'a text', value);
  if (value.length > LIMITS.characters) refuse(place, `a text of at most ${LIMITS.characters} characters`, value);
  return value;
}

export function finite(value: unknown, place: Place): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(place, 'a finite number', value);
  return value;
}

/** A number of things, or a seed: 0, 1, 2, ... */
export function whole(value: unknown, place: Place): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) refuse(place, 'a whole number from 0', value);
  return value as number;
}

export function exactly<Value extends string | number>(value: unknown, wanted: Value, place: Place): Value {
  if (value !== wanted) refuse(place, JSON.stringify(wanted), value);
  return wanted;
}

/** Every field of an object, each read by `read`. Own fields only: `__proto__` is a name like any other. */
export function fieldsOf<Value>(
  value: unknown,
  place: Place,
  read: (value: unknown, place: Place) => Value,
): Record<string, Value> {
  const entries = Object.entries(object(value, place));
  return Object.fromEntries(entries.map(([name, field]) => [name, read(field, at(place, name))]));
}

/** Any JSON, as long as it is not nested without end: writing and walking it may recurse then. */
export function anything(value: unknown, place: Place, depth = 0): unknown {
  if (depth > LIMITS.depth) refuse(place, `nested at most ${LIMITS.depth} deep`, '...');
  if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value)) anything(part, at(place, name), depth + 1);
  return value;
}

function shorten(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const written = JSON.stringify(value) ?? String(value);
  return written.length > 60 ? `${written.slice(0, 57)}...` : written;
}
