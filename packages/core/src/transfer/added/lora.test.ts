import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../../test/tiny-network.ts';
import { UserError } from '../../errors.ts';
import { valueAndGradients } from '../../optim/optimizer.ts';
import { tf } from '../../tensorflow.ts';
import { trainableParameters } from '../groups.ts';
import { movedGroups, movingParameters, thawParameters } from '../movement.ts';
import { namedPlan } from '../named-plans.ts';
import { Lora, loraTargets } from './lora.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const images = () => tf.randomUniform([3, 4, 4, 3], -1, 1, 'float32', 7) as tf.Tensor4D;
const logits = (network: TinyNetwork, x: tf.Tensor4D) => tf.tidy(() => [...network.apply(x).dataSync()]);
const values = (network: TinyNetwork, name: string) => [...network.parameters.get(name)!.variable.dataSync()];
/** Something to be told from zero in every B. */
function fillB(network: TinyNetwork): void {
  for (const { name, variable } of network.parameters.values())
    if (name.endsWith('.lora_b'))
      tf.tidy(() => variable.assign(tf.randomUniform(variable.shape, -1, 1, 'float32', 11)));
}

describe('Lora', () => {
  it('starts as the source exactly, with A drawn by the seed and B zero', () => {
    const network = new TinyNetwork(3, 0);
    const x = images();
    const before = logits(network, x);
    new Lora(network, { rank: 2, alpha: 8 }, 5);
    expect(logits(network, x)).toEqual(before);
    expect(network.layerGroups.map(({ name, added }) => [name, added])).toEqual([
      ['stem', undefined],
      ['body', undefined],
      ['lora', true],
      ['head', undefined],
    ]);
    expect(network.parameters.get('stem.weight.lora_a')!.variable.shape).toEqual([27, 2]);
    expect(network.parameters.get('stem.weight.lora_b')!.variable.shape).toEqual([2, 4]);
    const a = values(network, 'body.weight.lora_a');
    expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(4));
    const [same, other] = [5, 6].map((seed) => {
      const twin = new TinyNetwork(3, 0);
      new Lora(twin, { rank: 2, alpha: 8 }, seed);
      return values(twin, 'body.weight.lora_a');
    });
    expect(same).toEqual(a);
    expect(other).not.toEqual(a);
  });

  it('reads W + (alpha / rank) A B (by hand)', () => {
    const network = new TinyNetwork(3, 0);
    const before = values(network, 'body.weight');
    const lora = new Lora(network, { rank: 1, alpha: 3, targets: ['body.*'] }, 0);
    const set = (name: string, numbers: number[]) => {
      const { variable } = network.parameters.get(name)!;
      variable.assign(tf.tensor(numbers, variable.shape));
    };
    set('body.weight.lora_a', [1, 2, 3, 4]);
    set('body.weight.lora_b', [1, 0, -1, 0, 10, 0]);
    lora.merge();
    const product = [1, 2, 3, 4].flatMap((a) => [1, 0, -1, 0, 10, 0].map((b) => 3 * a * b));
    values(network, 'body.weight').forEach((value, i) => {
      expect(value).toBeCloseTo(before[i]! + product[i]!, 4);
    });
  });

  it('has gradients for A, B and the head alone', () => {
    const network = new TinyNetwork(3, 0);
    new Lora(network, { rank: 2, alpha: 4 }, 1);
    const { moved } = namedPlan('lora');
    const moving = movingParameters(network, movedGroups(moved, network), moved.only);
    thawParameters(network, moving);
    const names = [
      'stem.weight.lora_a',
      'stem.weight.lora_b',
      'body.weight.lora_a',
      'body.weight.lora_b',
      'head.weight',
      'head.bias',
    ];
    expect(trainableParameters(network).map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(trainableParameters(network)).toHaveLength(names.length);
    const loss = () => tf.sum(tf.square(network.apply(images(), { training: true }))) as tf.Scalar;
    const size = (gradient: tf.Tensor) => tf.sum(tf.abs(gradient)).dataSync()[0]!;
    const first = valueAndGradients(moving, loss).gradients;
    expect([...first.keys()].sort()).toEqual([...names].sort());
    // While B is zero nothing can come through to A.
    expect(size(first.get('body.weight.lora_a')!)).toBe(0);
    expect(size(first.get('body.weight.lora_b')!)).toBeGreaterThan(0);
    fillB(network);
    const second = valueAndGradients(moving, loss).gradients;
    for (const name of names) expect(size(second.get(name)!), name).toBeGreaterThan(0);
  });

  it('computes the same merged, and gives the very bits back when unmerged', () => {
    const network = new TinyNetwork(3, 0);
    const x = images();
    const source = ['stem.weight', 'body.weight'].map((name) => values(network, name));
    const before = logits(network, x);
    const lora = new Lora(network, { rank: 3, alpha: 2 }, 1);
    fillB(network);
    const unmerged = logits(network, x);
    const tensors = tf.memory().numTensors;
    tf.tidy(() => lora.merge());
    lora.merge(); // does nothing more
    const merged = logits(network, x);
    merged.forEach((value, i) => {
      expect(value).toBeCloseTo(unmerged[i]!, 5);
    });
    expect(Math.abs(merged[0]! - before[0]!)).toBeGreaterThan(1e-3);
    expect(values(network, 'stem.weight')).not.toEqual(source[0]);
    lora.unmerge();
    lora.unmerge();
    expect(['stem.weight', 'body.weight'].map((name) => values(network, name))).toEqual(source);
    expect(logits(network, x)).toEqual(unmerged);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('leaves an ordinary network when merged for good', () => {
    const before = tf.memory().numTensors;
    const network = new TinyNetwork(3, 0);
    const lora = new Lora(network, { rank: 2, alpha: 4 }, 1);
    fillB(network);
    const x = images();
    const adapted = logits(network, x);
    lora.mergeAndRemove();
    expect(logits(network, x)).toEqual(adapted.map((value) => expect.closeTo(value, 5)));
    expect(network.layerGroups.map(({ name }) => name)).toEqual(['stem', 'body', 'head']);
    expect([...network.parameters.keys()].filter((name) => name.includes('lora'))).toEqual([]);
    tf.dispose(x);
    network.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('moves its values to another network', async () => {
    const [one, other] = [new TinyNetwork(3, 0), new TinyNetwork(3, 0)];
    const lora = new Lora(one, { rank: 2, alpha: 4 }, 1);
    fillB(one);
    const tensors = new Map(await lora.tensors());
    expect([...tensors.keys()]).toEqual(
      ['stem', 'body'].flatMap((name) => [`${name}.weight.lora_a`, `${name}.weight.lora_b`]),
    );
    const copy = new Lora(other, { rank: 2, alpha: 4 }, 99);
    copy.load(tensors, 'the file');
    const x = images();
    expect(logits(other, x)).toEqual(logits(one, x));

    const a = values(other, 'stem.weight.lora_a');
    const wrong = new Map(tensors);
    wrong.set('stem.weight.lora_a', { shape: [54], data: new Float32Array(54) });
    expect(() => copy.load(wrong, 'the file')).toThrow("the file has no 'stem.weight.lora_a' of shape [27, 2].");
    wrong.delete('body.weight.lora_b');
    wrong.set('stem.weight.lora_a', { shape: [27, 2], data: new Float32Array(54) });
    expect(() => copy.load(wrong, 'the file')).toThrow(UserError);
    expect(values(other, 'stem.weight.lora_a')).toEqual(a);
    const third = new TinyNetwork(3, 0);
    const stem = new Lora(third, { rank: 2, alpha: 4, targets: ['stem*'] }, 1);
    expect(() => stem.load(tensors, 'the file')).toThrow("has 'body.weight.lora_a', which is not adapted here");
  });

  it('refuses a rank above a layer, and to be added twice, without a trace', () => {
    const network = new TinyNetwork(3, 0);
    const tensors = tf.memory().numTensors;
    expect(() => new Lora(network, { rank: 5, alpha: 1 }, 0)).toThrow(
      new UserError(
        'LoRA of rank 5 is wider than stem.weight of tiny, which is 27 x 4.',
        'Take a rank of at most 4, or leave that layer out by targets.',
      ),
    );
    expect(tf.memory().numTensors).toBe(tensors);
    new Lora(network, { rank: 4, alpha: 1 }, 0);
    const twice = tf.memory().numTensors;
    expect(() => new Lora(network, { rank: 1, alpha: 1 }, 0)).toThrow("tiny has a layer group 'lora' already.");
    expect(tf.memory().numTensors).toBe(twice);
  });
});

describe('loraTargets', () => {
  it('are matrices of the source, below the head, that fit a pattern', () => {
    const network = new TinyNetwork(3, 0);
    const names = (patterns?: string[]) => loraTargets(network, patterns).map(({ name }) => name);
    expect(names()).toEqual(['stem.weight', 'body.weight']);
    expect(names(['bo*'])).toEqual(['body.weight']);
    expect(names(['*'])).toEqual(['stem.weight', 'body.weight']);
    network.addGroup('adapters', [{ name: 'new.weight', role: 'weight', variable: tf.variable(tf.ones([2, 2])) }]);
    expect(names(['*'])).toEqual(['stem.weight', 'body.weight']);
    expect(() => names(['head.*', 'x'])).toThrow(
      "No weight of tiny below its head matches 'head.*', 'x'. Its weights are, for example, stem.weight, body.weight",
    );
  });
});
