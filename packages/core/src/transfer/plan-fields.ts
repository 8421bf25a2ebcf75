/** Reads a plan that came from outside, with messages that name each field by its path. */
import { suggestNames, UserError } from '../errors.ts';

/** The fields of one object of a plan, read with messages that name them by their path. */
export class Fields {
  private readonly record: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly source: string,
    private readonly path: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new UserError(`${source}: ${path.slice(0, -1) || 'it'} must be an object, and is ${show(value)}.`);
    this.record = value as Record<string, unknown>;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.record, name) ? this.record[name] : undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  fail(name: string, what: string): never {
    throw new UserError(`${this.source}: ${this.path}${name} ${what}; it is ${show(this.get(name))}.`);
  }

  only(...names: string[]): void {
    for (const name of Object.keys(this.record))
      if (!names.includes(name))
        throw new UserError(`${this.source}: there is no field ${this.path}${name}.`, suggestNames(name, names));
  }

  fields(name: string): Fields {
    return new Fields(this.get(name), this.source, `${this.path}${name}.`);
  }

  list(name: string): Fields[] {
    const value = this.get(name);
    if (!Array.isArray(value) || value.length === 0) this.fail(name, 'must be a list that is not empty');
    return value.map((item, i) => new Fields(item, this.source, `${this.path}${name}[${i}].`));
  }

  text(name: string): string {
    const value = this.get(name);
    return typeof value === 'string' && value.length > 0 ? value : this.fail(name, 'must be a name');
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.get(name);
    if (choices.includes(value as Choice)) return value as Choice;
    const hint = typeof value === 'string' ? suggestNames(value, choices) : `Choose from: ${choices.join(', ')}.`;
    throw new UserError(`${this.source}: ${this.path}${name} cannot be ${show(value)}.`, hint);
  }

  number(name: string, least: number): number {
    const value = this.get(name);
    return typeof value === 'number' && Number.isFinite(value) && value >= least
      ? value
      : this.fail(name, `must be a number of at least ${least}`);
  }

  count(name: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name, 1);
    if (!Number.isInteger(value)) this.fail(name, 'must be a whole number');
    return value <= most ? value : this.fail(name, `must be at most ${most}`);
  }

  names(name: string): string[] {
    const value = this.get(name);
    return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
      ? value
      : this.fail(name, 'must be a list of names');
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
