/** Fields of a network's `config.json`, which a stranger may have made: each is checked where it is read. */
import { suggestNames, UserError } from '@attune/core';

/** Fields of a configuration, with messages that name them. */
export class ConfigFields {
  private readonly record: Record<string, unknown>;

  constructor(
    value: unknown,
    private readonly source: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new UserError(`${source} is not an object.`, 'Give the config.json of a model.');
    this.record = value as Record<string, unknown>;
  }

  optional(name: string): unknown {
    return Object.hasOwn(this.record, name) ? (this.record[name] ?? undefined) : undefined;
  }

  fail(name: string, what: string): never {
    const shown = JSON.stringify(this.optional(name)) ?? 'missing';
    throw new UserError(`${this.source}: ${name} ${what}; it is ${shown.slice(0, 80)}.`);
  }

  choice<Name extends string>(name: string, names: readonly Name[]): Name {
    const value = this.optional(name);
    const found = names.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    if (typeof value !== 'string') return this.fail(name, `must be one of ${names.join(', ')}`);
    throw new UserError(
      `${this.source}: ${name} '${value.slice(0, 80)}' is not supported.`,
      suggestNames(value.slice(0, 80), names),
    );
  }

  count(name: string, most: number): number {
    return this.integer(name, 1, most);
  }

  integer(name: string, least: number, most: number, otherwise?: number): number {
    const value = this.optional(name) ?? otherwise;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      this.fail(name, `must be an integer from ${least} to ${most}`);
    return value as number;
  }

  number(name: string, otherwise: number, least: number, most: number): number {
    const value = this.optional(name) ?? otherwise;
    if (typeof value !== 'number' || !(value >= least && value <= most))
      this.fail(name, `must be a number from ${least} to ${most}`);
    return value as number;
  }
}
