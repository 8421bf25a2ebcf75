import { describe, expect, it } from 'vitest';
import { isUserError } from '../errors.ts';
import { NAMED_PLANS, namedPlan } from './named-plans.ts';
import { describePlan, type Held, parsePlan } from './plan.ts';

const copy = (name: string) => JSON.parse(JSON.stringify(namedPlan(name)));
const messageFor = (value: unknown): string => {
  try {
    parsePlan(value, 'plan.json');
  } catch (error) {
    if (isUserError(error)) return error.message;
    throw error;
  }
  return 'accepted';
};

describe('named plans', () => {
  it.each([...Object.keys(NAMED_PLANS), 'last-1', 'last-12'])(
    '%s survives JSON and the check, and carries its name',
    (name) => {
      expect(parsePlan(copy(name))).toEqual(namedPlan(name));
      expect(namedPlan(name).name).toBe(name);
      expect(describePlan(namedPlan(name))).not.toMatch(/undefined|NaN|\n/);
    },
  );

  it('are suggested when mistyped', () => {
    expect(() => namedPlan('linear_probe')).toThrow('Did you mean linear-probe?');
    expect(() => namedPlan('last-0')).toThrow("There is no plan 'last-0'.");
    expect(() => namedPlan('toString')).toThrow("There is no plan 'toString'.");
  });

  it('print as one line', () => {
    expect(describePlan(namedPlan('linear-probe'))).toBe(
      'linear-probe: carries all but head; moves the head; held to nothing; adds a new head',
    );
    expect(describePlan(namedPlan('gradual'))).toBe(
      'gradual: carries all but head; moves everything, rates / 2.6 a group, one more group every 1 epoch; held to nothing; adds a new head',
    );
    expect(describePlan(namedPlan('l2-sp'))).toContain('held to its start (alpha 0.1, beta 0.01)');
    expect(describePlan(namedPlan('delta'))).toContain(
      "held to the source's features (strength 0.5, beta 0.01, supervised attention)",
    );
    const at = { ...namedPlan('delta').held, taps: ['conv1', 'block1'] } as Held;
    expect(describePlan({ ...namedPlan('delta'), held: at })).toContain("the source's features at conv1, block1 (");
    expect(parsePlan({ ...copy('delta'), held: at }).held).toEqual(at);
    expect(describePlan(namedPlan('distill'))).toContain("held to the source's outputs (strength 1, temperature 2)");
    expect(describePlan(namedPlan('wise'))).toContain('averaged with its start (share 0.5)');
    expect(describePlan(namedPlan('probe-then-full'))).toContain(
      "moves everything, with the source's statistics; held to nothing; adds a fitted head",
    );
  });
});

describe('parsePlan', () => {
  it('names an unknown field and the nearest one, at any depth', () => {
    expect(messageFor({ ...copy('full'), carry: {} })).toBe(
      'plan.json: there is no field carry. Did you mean carried?',
    );
    const plan = copy('gradual');
    plan.moved.thaw.epoch = 2;
    expect(messageFor(plan)).toBe('plan.json: there is no field moved.thaw.epoch. Did you mean epochs?');
  });

  it.each<[string, (plan: ReturnType<typeof copy>) => void, string]>([
    ['a missing part', (plan) => delete plan.held, 'held must be an object, and is missing'],
    ['another version', (plan) => (plan.version = 2), 'version must be 1'],
    ['no name', (plan) => (plan.name = ''), 'name must be a name'],
    ['a mistyped choice', (plan) => (plan.carried.what = 'all-but-heads'), 'Did you mean all-but-head?'],
    [
      'a rate decay below 1',
      (plan) => (plan.moved.rateDecay = 0.5),
      'moved.rateDecay must be a number of at least 1; it is 0.5',
    ],
    ['a rate decay that is text', (plan) => (plan.moved.rateDecay = '2'), 'it is "2"'],
    ['no epochs', (plan) => (plan.moved.thaw = { when: 'gradually', epochs: 0 }), 'moved.thaw.epochs must be'],
    [
      'half a group',
      (plan) => (plan.moved.groups = { what: 'last', count: 1.5 }),
      'moved.groups.count must be a whole',
    ],
    ['no groups', (plan) => (plan.moved.groups = { what: 'groups', groups: [] }), 'must be a list of names'],
    ['an unknown hold', (plan) => (plan.held = { to: 'feature' }), 'Did you mean features?'],
    [
      'an unknown attention',
      (plan) => (plan.held = { to: 'features', strength: 1, beta: 0, attention: 'all' }),
      'held.attention cannot be "all"',
    ],
    [
      'a temperature of 0',
      (plan) => (plan.held = { to: 'outputs', strength: 1, temperature: 0 }),
      'held.temperature must be above 0',
    ],
    [
      'a share above 1',
      (plan) => (plan.held = { to: 'average', share: 1.5 }),
      'held.share must be a number of at most 1',
    ],
    ['a negative strength', (plan) => (plan.held = { to: 'start', alpha: -1, beta: 0 }), 'held.alpha must be'],
    ['a field of another choice', (plan) => (plan.held = { to: 'nothing', alpha: 1 }), 'no field held.alpha'],
    ['a list', (plan) => (plan.added = []), 'added must be an object, and is []'],
  ])('refuses %s', (_, change, message) => {
    const plan = copy('full');
    change(plan);
    expect(messageFor(plan)).toContain(message);
    expect(messageFor(plan)).toMatch(/^plan\.json: /);
  });

  it.each([null, 7, 'full', []])('refuses %j', (value) => {
    expect(messageFor(value)).toMatch(/^plan\.json: it must be an object/);
  });
});
