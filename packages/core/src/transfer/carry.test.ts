/** Carrying by a map of names. Carrying by groups is tested in `transfer.test.ts`. */
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { tf } from '../tensorflow.ts';
import { addAdapters } from './added/adapters.ts';
import { carriedParameters, carryOver, type SourceTensors } from './carry.ts';
import type { CarriedNames } from './plan.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** A source of another network: other names, another head. */
function source(): Map<string, { shape: number[]; data: Float32Array }> {
  const tensor = (shape: number[], value: number) => ({
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value),
  });
  return new Map([
    ['backbone.0.kernel', tensor([3, 3, 3, 4], 1)],
    ['backbone.0.bn.gamma', tensor([4], 2)],
    ['backbone.1.kernel', tensor([4, 6], 3)],
    ['fc.kernel', tensor([6, 9], 4)],
  ]);
}
const carry = (network: TinyNetwork, tensors: SourceTensors, ...map: CarriedNames[]) =>
  carryOver(network, tensors, { what: 'map', map });
const values = (network: TinyNetwork, name: string) => [...network.parameters.get(name)!.variable.dataSync()];

describe('a map of names', () => {
  it('renames, and reports what became of everything', () => {
    const network = new TinyNetwork(3, 0);
    const report = carry(
      network,
      source(),
      { from: 'backbone.0.kernel', to: 'stem.weight' },
      { from: 'backbone.1.kernel', to: 'body.weight' },
      { from: 'backbone.0.bn.gamma', to: '*.norm.scale' },
    );
    expect(values(network, 'stem.weight')).toEqual(Array(108).fill(1));
    expect(values(network, 'body.weight')).toEqual(Array(24).fill(3));
    expect(values(network, 'stem.norm.scale')).toEqual([2, 2, 2, 2]);
    expect(report.carried).toEqual(['stem.weight', 'stem.norm.scale', 'body.weight']);
    expect(Object.fromEntries(report.from)).toEqual({
      'stem.weight': 'backbone.0.kernel',
      'stem.norm.scale': 'backbone.0.bn.gamma',
      'body.weight': 'backbone.1.kernel',
    });
    expect(report.fresh).toEqual([
      'stem.norm.shift',
      'stem.norm.mean',
      'stem.norm.variance',
      'body.bias',
      'head.weight',
      'head.bias',
    ]);
    expect(report.leftOut).toEqual(['fc.kernel']);
  });

  it('puts what * stands for into the name in the source; of two entries the first that fits counts', () => {
    const tensors = source();
    const fill = (shape: number[], size: number, value: number) => ({
      shape,
      data: new Float32Array(size).fill(value),
    });
    tensors.set('net/stem/weight', fill([3, 3, 3, 4], 108, 7));
    tensors.set('net/body/weight', fill([4, 6], 24, 8));
    tensors.set('net/head/weight', fill([6, 3], 18, 9));
    const network = new TinyNetwork(3, 0);
    carry(network, tensors, { from: 'backbone.0.kernel', to: 'stem.weight' }, { from: 'net/*/weight', to: '*.weight' });
    expect(['stem', 'body', 'head'].map((name) => values(network, `${name}.weight`)[0])).toEqual([1, 8, 9]);
  });

  it.each<[string, CarriedNames, string]>([
    [
      'a shape that does not fit',
      { from: 'fc.kernel', to: 'body.weight' },
      "The source's tensor 'fc.kernel' has shape [6, 9], and tiny needs [4, 6].",
    ],
    [
      'a tensor that is not there',
      { from: 'backbone.2.kernel', to: 'body.weight' },
      "The source has no tensor 'backbone.2.kernel', which tiny needs as 'body.weight'. Near it are: backbone.0.kernel",
    ],
    [
      'a pattern that fits nothing',
      { from: '*', to: 'boddy.weight' },
      "No parameter of tiny fits 'boddy.weight'. Did you mean body.weight",
    ],
  ])('refuses %s, before anything is changed', (_, wrong, message) => {
    const network = new TinyNetwork(3, 0);
    const before = values(network, 'stem.weight');
    expect(() => carry(network, source(), { from: 'backbone.0.kernel', to: 'stem.weight' }, wrong)).toThrow(message);
    expect(values(network, 'stem.weight')).toEqual(before);
  });

  it('means nothing that was added', () => {
    const network = new TinyNetwork(3, 0);
    addAdapters(network, { reduction: 4 }, 0);
    const carried = carriedParameters(network, { what: 'map', map: [{ from: '*', to: 'stem.*' }] });
    expect(carried.map(({ name }) => name)).toEqual([
      'stem.weight',
      'stem.norm.scale',
      'stem.norm.shift',
      'stem.norm.mean',
      'stem.norm.variance',
    ]);
  });
});
