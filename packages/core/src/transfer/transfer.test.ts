import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { tf } from '../tensorflow.ts';
import { carryOver, type SourceTensors } from './carry.ts';
import { freeze, printSummary, summarizeParameters, thaw, thawOnly, trainableParameters } from './groups.ts';
import { movedGroups, movementAt, movingParameters } from './movement.ts';
import { namedPlan } from './named-plans.ts';
import type { Moved } from './plan.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const trainable = (network: TinyNetwork) => trainableParameters(network).map(({ name }) => name);

describe('groups', () => {
  it('freezes and thaws at once; statistics are never trained', () => {
    const network = new TinyNetwork(3, 0);
    thawOnly(network, ['head']);
    expect(trainable(network)).toEqual(['head.weight', 'head.bias']);
    thaw(network, ['stem']);
    expect(trainable(network)).toContain('stem.norm.scale');
    expect(trainable(network)).not.toContain('stem.norm.mean');
    freeze(network, ['stem', 'head']);
    expect(trainable(network)).toEqual([]);
    expect(() => thaw(network, ['haed'])).toThrow("tiny has no layer group 'haed'. Did you mean head?");
  });

  it('leaves a frozen normalisation alone in training, and moves a thawed one', () => {
    const network = new TinyNetwork(3, 0);
    const images = tf.ones([2, 4, 4, 3]) as tf.Tensor4D;
    const mean = () => [...network.parameters.get('stem.norm.mean')!.variable.dataSync()];
    thawOnly(network, ['head']);
    network.apply(images, { training: true });
    expect(mean()).toEqual([0, 0, 0, 0]);
    thawOnly(network, ['head', 'stem']);
    network.apply(images, { training: true });
    expect(mean()).not.toEqual([0, 0, 0, 0]);
  });

  it('counts', () => {
    const network = new TinyNetwork(3, 0);
    thawOnly(network, ['head']);
    const summary = summarizeParameters(network);
    // stem: 3*3*3*4 + 4 + 4; body: 4*6 + 6; head: 6*3 + 3
    expect(summary).toEqual({
      groups: [
        { group: 'stem', values: 116, trainable: 0 },
        { group: 'body', values: 30, trainable: 0 },
        { group: 'head', values: 21, trainable: 21 },
      ],
      values: 167,
      trainable: 21,
    });
    expect(printSummary(summary).split('\n').at(-1)).toMatch(/^total +167 +21 +12\.6 %$/);
  });
});

describe('movement', () => {
  const network = new TinyNetwork(3, 0);
  const moved = (groups: Moved['groups'], more: Partial<Moved> = {}): Moved => ({
    groups,
    rateDecay: 1,
    thaw: { when: 'at-once' },
    ...more,
  });
  const names = (moved: Moved, epoch: number) => movementAt(moved, network, epoch).map(({ group }) => group);

  it('divides rates from group to group, from the head down', () => {
    expect(movedGroups(namedPlan('discriminative').moved, network)).toEqual([
      { group: 'head', rate: 1 },
      { group: 'body', rate: expect.closeTo(1 / 2.6, 12) },
      { group: 'stem', rate: expect.closeTo(1 / 2.6 ** 2, 12) },
    ]);
    // The distance from the head counts, not the place in the list.
    expect(movedGroups(moved({ what: 'groups', groups: ['stem'] }, { rateDecay: 2 }), network)).toEqual([
      { group: 'stem', rate: 0.25 },
    ]);
  });

  it('thaws gradually, the head first, or all at once', () => {
    const gradual = moved({ what: 'all' }, { thaw: { when: 'gradually', epochs: 2 } });
    expect([0, 1, 2, 3, 4, 9].map((epoch) => names(gradual, epoch).length)).toEqual([1, 1, 2, 2, 3, 3]);
    const probe = moved({ what: 'last', count: 2 }, { thaw: { when: 'head-first', epochs: 3 } });
    expect([0, 2, 3].map((epoch) => names(probe, epoch))).toEqual([['head'], ['head'], ['head', 'body']]);
    expect(names(namedPlan('linear-probe').moved, 0)).toEqual(['head']);
    expect(names(namedPlan('full').moved, 0)).toEqual(['head', 'body', 'stem']);
  });

  it('refuses groups that the network lacks', () => {
    expect(() => movedGroups(moved({ what: 'last', count: 4 }), network)).toThrow('has 3 layer groups; the last 4');
    expect(() => movedGroups(moved({ what: 'groups', groups: ['bdy'] }), network)).toThrow('Did you mean body?');
  });

  it('gives optimisers the parameters without the statistics', () => {
    const parameters = movingParameters(network, [{ group: 'stem', rate: 0.5 }]);
    expect(parameters.map(({ name, rate, group }) => [name, rate, group])).toEqual([
      ['stem.weight', 0.5, 'stem'],
      ['stem.norm.scale', 0.5, 'stem'],
      ['stem.norm.shift', 0.5, 'stem'],
    ]);
  });
});

describe('carryOver', () => {
  const source = (classes = 5): SourceTensors => {
    const network = new TinyNetwork(classes, 99);
    return new Map(
      [...network.parameters].map(([name, { variable }]) => [
        name,
        { shape: variable.shape, data: variable.dataSync() as Float32Array },
      ]),
    );
  };
  const values = (network: TinyNetwork, name: string) => [...network.parameters.get(name)!.variable.dataSync()];

  it('carries the trunk, statistics too, and leaves the head fresh', () => {
    const network = new TinyNetwork(3, 0);
    const head = values(network, 'head.weight');
    const report = carryOver(network, source(), { what: 'all-but-head' });
    expect(values(network, 'stem.weight')).toEqual([...source().get('stem.weight')!.data]);
    expect(values(network, 'head.weight')).toEqual(head);
    expect(report.carried).toContain('stem.norm.mean');
    expect(report.fresh).toEqual(['head.weight', 'head.bias']);
    expect(report.leftOut).toEqual(['head.weight', 'head.bias']);
  });

  it('carries nothing, everything, or some groups', () => {
    expect(carryOver(new TinyNetwork(3, 0), source(), { what: 'nothing' }).carried).toEqual([]);
    expect(carryOver(new TinyNetwork(5, 0), source(), { what: 'everything' }).fresh).toEqual([]);
    const { carried } = carryOver(new TinyNetwork(3, 0), source(), { what: 'groups', groups: ['body'] });
    expect(carried).toEqual(['body.weight', 'body.bias']);
  });

  it('copies: the source may change afterwards', () => {
    const network = new TinyNetwork(3, 0);
    const tensors = source();
    carryOver(network, tensors, { what: 'all-but-head' });
    const before = values(network, 'body.weight');
    tensors.get('body.weight')!.data.fill(7);
    expect(values(network, 'body.weight')).toEqual(before);
  });

  it('refuses a source that does not fit, before anything is changed', () => {
    const network = new TinyNetwork(3, 0);
    const before = values(network, 'stem.weight');
    expect(() => carryOver(network, source(), { what: 'everything' })).toThrow(
      "The source's tensor 'head.weight' has shape [6, 5], and tiny needs [6, 3].",
    );
    const lacking = new Map([...source()].filter(([name]) => name !== 'body.bias'));
    expect(() => carryOver(network, lacking, { what: 'all-but-head' })).toThrow("has no tensor 'body.bias'");
    expect(values(network, 'stem.weight')).toEqual(before);
  });
});
