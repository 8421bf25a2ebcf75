/** The fields of a plan that say what is added, moved in part, and carried by name: read from outside, and in one line. */
import { describe, expect, it } from 'vitest';
import { namedPlan, PLAN_NAMES } from './named-plans.ts';
import { describePlan, parseAdded, parsePlan, type TransferPlan } from './plan.ts';

type Loose = { -readonly [Key in keyof TransferPlan]: Record<string, unknown> };

/** A plan with changes, as JSON gives it. */
function changed(name: string, change: (plan: Loose) => void): unknown {
  const plan = JSON.parse(JSON.stringify(namedPlan(name))) as Loose;
  change(plan);
  return plan;
}

describe('named plans', () => {
  it.each(['surgical-block1', 'probe-at-layer2.0'])('%s survives JSON', (name) => {
    expect(parsePlan(JSON.parse(JSON.stringify(namedPlan(name))))).toEqual(namedPlan(name));
    expect(describePlan(namedPlan(name))).not.toMatch(/undefined|NaN|object|\n/);
  });

  it('make one group or one layer part of the name', () => {
    expect(namedPlan('surgical-block1').moved.groups).toEqual({ what: 'groups', groups: ['block1', 'head'] });
    expect(namedPlan('surgical-head').moved.groups).toEqual({ what: 'groups', groups: ['head'] });
    expect(namedPlan('probe-at-layer2.0').added).toEqual({ head: 'new', cut: 'layer2.0' });
    expect(() => namedPlan('surgical')).toThrow('Did you mean surgical-GROUP?');
    expect(() => namedPlan('probe-at-')).toThrow('Did you mean probe-at-LAYER?');
    expect(() => namedPlan('modular-tune')).toThrow('Did you mean modular-tuned');
    expect(PLAN_NAMES).toEqual(expect.arrayContaining(['bitfit', 'last-K', 'surgical-GROUP', 'probe-at-LAYER']));
  });
});

describe('describePlan', () => {
  it.each([
    ['bitfit', 'bitfit: carries all but head; moves biases of everything; held to nothing; adds a new head'],
    ['lora', 'lora: carries all but head; moves what is added; held to nothing; adds LoRA of rank 4 and a new head'],
    [
      'probe-at-block2',
      'probe-at-block2: carries all but head; moves the head; held to nothing; adds a new head on block2',
    ],
    ['surgical-block1', 'surgical-block1: carries all but head; moves block1, head; held to nothing; adds a new head'],
  ])('%s', (name, line) => {
    expect(describePlan(namedPlan(name))).toBe(line);
  });

  it('names everything that is added, and every entry of a map', () => {
    const plan: TransferPlan = {
      ...namedPlan('modular'),
      carried: { what: 'map', map: [{ from: 'features.*', to: '*' }] },
      added: {
        head: 'new',
        cut: 'block2',
        lora: { rank: 2, alpha: 4 },
        adapters: { reduction: 8 },
        module: { width: 16 },
      },
    };
    expect(describePlan(plan)).toBe(
      'modular: carries features.* to *; moves what is added; held to nothing; ' +
        'adds LoRA of rank 2, adapters (reduction 8), a module of width 16 and a new head on block2',
    );
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });
});

describe('parsePlan', () => {
  it('keeps optional lists of names', () => {
    const added = {
      head: 'new',
      lora: { rank: 2, alpha: 4, targets: ['block*'] },
      adapters: { reduction: 8, after: ['block1'] },
      module: { width: 128, stitches: ['conv1', 'block1'] },
    };
    expect(parseAdded(added, 'it')).toEqual(added);
  });

  it.each<[string, string, (plan: Loose) => void, string]>([
    [
      'an unknown addition',
      'lora',
      ({ added }) => (added.lorra = added.lora),
      'no field added.lorra. Did you mean lora?',
    ],
    [
      'an unknown key of LoRA',
      'lora',
      ({ added }) => (added.lora = { rank: 1, alpha: 1, target: [] }),
      'no field added.lora.target. Did you mean targets?',
    ],
    [
      'an unknown key of adapters',
      'adapters',
      ({ added }) => (added.adapters = { reductions: 4 }),
      'Did you mean reduction?',
    ],
    [
      'an unknown key of a module',
      'modular',
      ({ added }) => (added.module = { width: 4, stitch: ['a'] }),
      'Did you mean stitches?',
    ],
    [
      'a rank of 0',
      'lora',
      ({ added }) => (added.lora = { rank: 0, alpha: 1 }),
      'added.lora.rank must be a number of at least 1',
    ],
    [
      'half a rank',
      'lora',
      ({ added }) => (added.lora = { rank: 1.5, alpha: 1 }),
      'added.lora.rank must be a whole number',
    ],
    ['a negative alpha', 'lora', ({ added }) => (added.lora = { rank: 1, alpha: -1 }), 'added.lora.alpha must be'],
    [
      'no targets',
      'lora',
      ({ added }) => (added.lora = { rank: 1, alpha: 1, targets: [] }),
      'targets must be a list of names',
    ],
    [
      'an adapter that widens',
      'adapters',
      ({ added }) => (added.adapters = { reduction: 0.5 }),
      'added.adapters.reduction must be',
    ],
    [
      'a huge module',
      'modular',
      ({ added }) => (added.module = { width: 129 }),
      'added.module.width must be at most 128; it is 129',
    ],
    ['a cut without a name', 'full', ({ added }) => (added.cut = ''), 'added.cut must be a name'],
    [
      "the source's head on a cut",
      'full',
      ({ added }) => Object.assign(added, { head: 'none', cut: 'a' }),
      'added.head cannot be none with cut',
    ],
    [
      "the source's head on a module",
      'modular',
      ({ added }) => (added.head = 'none'),
      'added.head cannot be none with module',
    ],
    [
      'another part to move',
      'bitfit',
      ({ moved }) => (moved.only = 'bias'),
      'moved.only cannot be "bias". Did you mean biases?',
    ],
    ['a mistyped choice of groups', 'full', ({ moved }) => (moved.groups = { what: 'aded' }), 'Did you mean added?'],
    [
      'a count for what is added',
      'full',
      ({ moved }) => (moved.groups = { what: 'added', count: 1 }),
      'no field moved.groups.count',
    ],
    [
      'an empty map',
      'full',
      (plan) => (plan.carried = { what: 'map', map: [] }),
      'carried.map must be a list that is not empty',
    ],
    [
      'half an entry',
      'full',
      (plan) => (plan.carried = { what: 'map', map: [{ from: 'a' }] }),
      'carried.map[0].to must be a name; it is missing',
    ],
    [
      'a mistyped entry',
      'full',
      (plan) => (plan.carried = { what: 'map', map: [{ form: 'a', to: 'b' }] }),
      'no field carried.map[0].form. Did you mean from?',
    ],
    [
      'a * that stands for nothing',
      'full',
      (plan) => (plan.carried = { what: 'map', map: [{ from: '*.*', to: '*' }] }),
      "carried.map[0].from must have no more * than 'to'",
    ],
  ])('refuses %s', (_, name, change, message) => {
    expect(() => parsePlan(changed(name, change), 'plan.json')).toThrow(message);
  });
});
