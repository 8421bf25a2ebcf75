/**
 * A transfer plan: the answers to the five questions of fine-tuning (the fifth, what the data advises, is what chooses a
 * plan) as a plain value that can be written as JSON, compared, printed as one line and stored in every result.
 */
import { suggestNames, UserError } from '../errors.ts';

/** Which parameters start from the source's values; the others keep their fresh initialisation. */
export type Carried =
  | { readonly what: 'nothing' }
  /** All layer groups but the last. */
  | { readonly what: 'all-but-head' }
  | { readonly what: 'everything' }
  | { readonly what: 'groups'; readonly groups: readonly string[] };

/** Which layer groups may be moved by training. */
export type MovedGroups =
  | { readonly what: 'head' }
  | { readonly what: 'all' }
  /** The last `count` groups, the head among them. */
  | { readonly what: 'last'; readonly count: number }
  | { readonly what: 'groups'; readonly groups: readonly string[] };

/** When the moved groups are thawed. */
export type Thaw =
  /** All from the first epoch. */
  | { readonly when: 'at-once' }
  /** One more every `epochs` epochs, from the head down (ULMFiT's gradual unfreezing). */
  | { readonly when: 'gradually'; readonly epochs: number }
  /** The head alone for `epochs` epochs, then all (linear probing, then fine-tuning). */
  | { readonly when: 'head-first'; readonly epochs: number };

export interface Moved {
  readonly groups: MovedGroups;
  /** Each group's learning rate is that of the group above divided by this; 1: one rate for all. At least 1. */
  readonly rateDecay: number;
  readonly thaw: Thaw;
}

/** What ties the target to the source. */
export type Held =
  | { readonly to: 'nothing' }
  /** alpha/2 |w - w0|^2 over carried weights and beta/2 |w|^2 over new ones (L2-SP, Li et al. 2018, arXiv:1802.01483). */
  | { readonly to: 'start'; readonly alpha: number; readonly beta: number };

/** New parameters. */
export interface Added {
  /** `new`: a freshly initialised head of the target's classes. `none`: the source's head stays. */
  readonly head: 'new' | 'none';
}

export interface TransferPlan {
  readonly version: 1;
  readonly name: string;
  readonly carried: Carried;
  readonly moved: Moved;
  readonly held: Held;
  readonly added: Added;
}

/** The plan in one line, as tables show it. */
export function describePlan({ name, carried, moved, held, added }: TransferPlan): string {
  const parts = [
    carried.what === 'groups' ? `carries ${carried.groups.join(', ')}` : `carries ${carried.what.replaceAll('-', ' ')}`,
    describeMoved(moved),
    held.to === 'nothing' ? 'held to nothing' : `held to its start (alpha ${held.alpha}, beta ${held.beta})`,
    added.head === 'new' ? 'adds a new head' : 'adds nothing',
  ];
  return `${name}: ${parts.join('; ')}`;
}

function describeMoved({ groups, rateDecay, thaw }: Moved): string {
  const which = {
    head: () => 'the head',
    all: () => 'everything',
    last: () => `the last ${(groups as { count: number }).count} groups`,
    groups: () => (groups as { groups: readonly string[] }).groups.join(', '),
  }[groups.what]();
  const rates = rateDecay === 1 ? '' : `, rates / ${rateDecay} a group`;
  const epochs = thaw.when === 'at-once' ? '' : `${thaw.epochs} epoch${thaw.epochs === 1 ? '' : 's'}`;
  const times = {
    'at-once': '',
    gradually: `, one more group every ${epochs}`,
    'head-first': `, after ${epochs} of the head alone`,
  };
  return `moves ${which}${rates}${times[thaw.when]}`;
}

/**
 * Checks a plan that came from outside, such as a JSON file.
 * @param source What it is called in messages.
 * @throws UserError that names the field: an unknown one (with the nearest names), a missing one, or one out of range.
 */
export function parsePlan(value: unknown, source = 'the plan'): TransferPlan {
  const plan = new Fields(value, source, '');
  plan.only('version', 'name', 'carried', 'moved', 'held', 'added');
  if (plan.get('version') !== 1) plan.fail('version', 'must be 1, the only version there is');
  return {
    version: 1,
    name: plan.text('name'),
    carried: parseCarried(plan.fields('carried')),
    moved: parseMoved(plan.fields('moved')),
    held: parseHeld(plan.fields('held')),
    added: parseAdded(plan.fields('added')),
  };
}

function parseCarried(fields: Fields): Carried {
  const what = fields.choice('what', ['nothing', 'all-but-head', 'everything', 'groups']);
  if (what !== 'groups') {
    fields.only('what');
    return { what };
  }
  fields.only('what', 'groups');
  return { what, groups: fields.names('groups') };
}

function parseMoved(fields: Fields): Moved {
  fields.only('groups', 'rateDecay', 'thaw');
  return {
    groups: parseMovedGroups(fields.fields('groups')),
    rateDecay: fields.number('rateDecay', 1),
    thaw: parseThaw(fields.fields('thaw')),
  };
}

function parseMovedGroups(fields: Fields): MovedGroups {
  const what = fields.choice('what', ['head', 'all', 'last', 'groups']);
  if (what === 'last') {
    fields.only('what', 'count');
    return { what, count: fields.count('count') };
  }
  if (what === 'groups') {
    fields.only('what', 'groups');
    return { what, groups: fields.names('groups') };
  }
  fields.only('what');
  return { what };
}

function parseThaw(fields: Fields): Thaw {
  const when = fields.choice('when', ['at-once', 'gradually', 'head-first']);
  if (when === 'at-once') {
    fields.only('when');
    return { when };
  }
  fields.only('when', 'epochs');
  return { when, epochs: fields.count('epochs') };
}

function parseHeld(fields: Fields): Held {
  const to = fields.choice('to', ['nothing', 'start']);
  if (to === 'nothing') {
    fields.only('to');
    return { to };
  }
  fields.only('to', 'alpha', 'beta');
  return { to, alpha: fields.number('alpha', 0), beta: fields.number('beta', 0) };
}

function parseAdded(fields: Fields): Added {
  fields.only('head');
  return { head: fields.choice('head', ['new', 'none']) };
}

/** The fields of one object of a plan, read with messages that name them by their path. */
class Fields {
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

  count(name: string): number {
    const value = this.number(name, 1);
    return Number.isInteger(value) ? value : this.fail(name, 'must be a whole number');
  }

  names(name: string): string[] {
    const value = this.get(name);
    return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string')
      ? value
      : this.fail(name, 'must be a list of group names');
  }
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
