import { movedGroups, namedPlan, parsePlan, selectBackend } from '@attune/core';
import { createNetwork } from '@attune/zoo';
import { describe, expect, it } from 'vitest';
import { withMovingGroups } from './custom-plan.ts';

const NAMES = ['conv1', 'block1', 'block2', 'block3', 'head'];
const groups = (...moving: string[]) => NAMES.map((name) => ({ name, moves: moving.includes(name) }));

describe('withMovingGroups', () => {
  it.each([
    ['the head alone', ['head'], { what: 'head' }],
    ['everything', NAMES, { what: 'all' }],
    ['some', ['block3', 'head'], { what: 'groups', groups: ['block3', 'head'] }],
    ['one that is not the head', ['conv1'], { what: 'groups', groups: ['conv1'] }],
  ])('moves %s', (_, moving, expected) => {
    const plan = withMovingGroups(namedPlan('discriminative'), groups(...moving));
    expect(plan.moved.groups).toEqual(expected);
    expect(plan.moved.rateDecay).toBe(namedPlan('discriminative').moved.rateDecay);
    expect(parsePlan(structuredClone(plan))).toEqual(plan);
  });

  it('is what core then moves', async () => {
    await selectBackend({ prefer: 'cpu' });
    const network = createNetwork('shapes_cnn', { classes: 3, seed: 1 });
    const { moved } = withMovingGroups(namedPlan('full'), groups('block1', 'head'));
    expect(movedGroups(moved, network).map(({ group }) => group)).toEqual(['head', 'block1']);
    network.dispose();
  });
});
