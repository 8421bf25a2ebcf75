import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toyExamples, toySource } from '../../test/toy-task.ts';
import { outputDivergences } from '../losses.ts';
import type { Network } from '../network.ts';
import { valueAndGradients } from '../optim/optimizer.ts';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { type HeldTask, needsSource, type Penalty, prepareHeld } from './held.ts';
import { attentionWeights, channelAttention } from './held-attention.ts';
import { defaultTaps, featurePenalty } from './held-features.ts';
import type { Held } from './plan.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const task = (network: Network, more: Partial<HeldTask> = {}): HeldTask => ({
  network,
  carried: [...network.parameters.values()].filter(({ name }) => !name.startsWith('head')),
  keepsHead: false,
  train: toySource(24, 1),
  random: Random.fromSeed(0),
  ...more,
});

const images = (count: number) => tf.tensor4d(toyExamples(count, 5).inputs, [count, 4, 4, 3]);
const ones = (count: number) => tf.ones([count]) as tf.Tensor1D;

/** The penalty of a network on some images, as a step computes it; in inference mode, as the source runs. */
function penaltyOn(penalty: Penalty, network: Network, inputs: tf.Tensor4D, weights = ones(inputs.shape[0])) {
  const tuned = network.run(inputs, { taps: penalty.taps });
  return penalty.value({ parameters: [...network.parameters.values()], inputs, weights, tuned });
}

function move(network: Network, name: string, by: number) {
  const { variable } = network.parameters.get(name)!;
  variable.assign(tf.add(variable, by));
}

/** Gradients by backpropagation against those by differences, at a few entries of each parameter. */
function checkGradients(penalty: Penalty, network: Network, names: string[]) {
  const inputs = images(5);
  const parameters = names.map((name) => network.parameters.get(name)!);
  const value = () => penaltyOn(penalty, network, inputs)!;
  const { gradients } = valueAndGradients(parameters, value);
  for (const { name, variable } of parameters) {
    const values = Float32Array.from(variable.dataSync());
    const gradient = gradients.get(name)!.dataSync();
    for (const entry of [0, Math.floor(values.length / 2), values.length - 1]) {
      const at = (step: number) => {
        const moved = Float32Array.from(values);
        moved[entry]! += step;
        variable.assign(tf.tensor(moved, variable.shape));
        return value().dataSync()[0]!;
      };
      const difference = (at(0.01) - at(-0.01)) / 0.02;
      const largest = Math.max(...gradient.map(Math.abs));
      expect(largest).toBeGreaterThan(0.01);
      expect(Math.abs(difference - gradient[entry]!), `${name}[${entry}]`).toBeLessThan(0.03 * largest);
      at(0);
    }
  }
}

describe('held to the start', () => {
  it('is alpha/2 |w - w0|^2 over carried weights and beta/2 |w|^2 over new ones (by hand)', async () => {
    const network = new TinyNetwork(3, 0);
    const [body, head] = ['body.weight', 'head.weight'].map((name) => network.parameters.get(name)!);
    const bias = network.parameters.get('body.bias')!;
    const penalty = await prepareHeld(
      { to: 'start', alpha: 0.5, beta: 0.1 },
      task(network, { carried: [body!, bias] }),
    );
    move(network, 'body.weight', 2); // 24 weights moved by 2
    head!.variable.assign(tf.fill(head!.variable.shape, 3)); // 18 weights of 3
    move(network, 'body.bias', 100); // free
    const inputs = images(1);
    const tuned = network.run(inputs);
    const value = penalty.value({ parameters: [body!, head!, bias], inputs, weights: ones(1), tuned })!;
    expect(value.dataSync()[0]).toBeCloseTo((0.5 / 2) * 24 * 4 + (0.1 / 2) * 18 * 9, 4);
    penalty.dispose();
  });

  it.each<Held>([{ to: 'nothing' }, { to: 'average', share: 0.5 }])('is nothing for %j', async (held) => {
    const network = new TinyNetwork(3, 0);
    expect(needsSource(held)).toBe(false);
    expect(penaltyOn(await prepareHeld(held, task(network)), network, images(1))).toBeUndefined();
  });
});

describe("held to the source's features", () => {
  const held = { to: 'features', strength: 0.4, beta: 0, attention: 'uniform' } as const;

  it('is 0 at the start, and strength/2 times the squared distance summed over channels (by hand)', async () => {
    const [network, source] = [new TinyNetwork(3, 1), new TinyNetwork(5, 1)];
    const penalty = await prepareHeld(held, task(network, { source }));
    expect(penalty.taps).toEqual(['stem']);
    expect(penaltyOn(penalty, network, images(4))!.dataSync()[0]).toBe(0);

    // The stem is linear: with weights moved by d, each of its 4 channels moves by d times the sum of a 3 x 3 window.
    move(network, 'stem.weight', 0.1);
    const inputs = tf.ones([2, 4, 4, 3]) as tf.Tensor4D;
    // Of 16 windows, 4 see 4 pixels, 8 see 6 and 4 see 9, of 3 channels each.
    const square = (0.1 * 3) ** 2 * ((4 * 4 ** 2 + 8 * 6 ** 2 + 4 * 9 ** 2) / 16);
    expect(penaltyOn(penalty, network, inputs)!.dataSync()[0]).toBeCloseTo((0.4 / 2) * 4 * square, 4);

    const attended = featurePenalty({
      ...held,
      taps: ['stem'],
      source,
      network,
      carried: [],
      attention: new Map([['stem', Float32Array.of(2, 1, 0.5, 0)]]),
    });
    expect(penaltyOn(attended, network, inputs)!.dataSync()[0]).toBeCloseTo((0.4 / 2) * 3.5 * square, 4);
    attended.dispose();
  });

  it('does not count padding, and takes the mean over examples', async () => {
    const [network, source] = [new TinyNetwork(3, 2), new TinyNetwork(5, 1)];
    const penalty = await prepareHeld(held, task(network, { source }));
    const inputs = images(3);
    const each = [0, 1, 2].map((i) => {
      const one = tf.slice(inputs, i, 1) as tf.Tensor4D;
      return penaltyOn(penalty, network, one)!.dataSync()[0]!;
    });
    const padded = penaltyOn(penalty, network, inputs, tf.tensor1d([1, 1, 0]))!.dataSync()[0];
    expect(padded).toBeCloseTo((each[0]! + each[1]!) / 2, 5);
  });

  it('adds beta/2 |w|^2 over new weights, and nothing else where the trunk is frozen', async () => {
    const [network, source] = [new TinyNetwork(3, 2), new TinyNetwork(5, 1)];
    const penalty = await prepareHeld({ ...held, beta: 0.2 }, task(network, { source }));
    network.parameters.get('head.weight')!.variable.assign(tf.fill([6, 3], 2));
    const parameters = [network.parameters.get('head.weight')!, network.parameters.get('head.bias')!];
    const [inputs, weights] = [images(2), ones(2)];
    const tuned = { taps: {}, logits: network.apply(inputs) };
    expect(penalty.value({ parameters, inputs, weights, tuned })!.dataSync()[0]).toBeCloseTo((0.2 / 2) * 18 * 4, 4);
  });

  it('has the gradient of its value', async () => {
    const [network, source] = [new TinyNetwork(3, 2), new TinyNetwork(5, 1)];
    const penalty = await prepareHeld({ ...held, beta: 0.3 }, task(network, { source }));
    checkGradients(penalty, network, ['stem.weight', 'head.weight']);
  });

  it('refuses a missing source, an unknown layer, and maps of another shape', async () => {
    const network = new TinyNetwork(3, 2);
    await expect(prepareHeld(held, task(network))).rejects.toThrow('there is no source network');
    await expect(prepareHeld(held, task(network, { source: network }))).rejects.toThrow('another network');
    const source = new TinyNetwork(5, 1);
    const stemm = prepareHeld({ ...held, taps: ['stemm'] }, task(network, { source }));
    await expect(stemm).rejects.toThrow("no layer 'stemm'");
    const small = Object.create(source, { tap: { value: () => ({ stem: tf.zeros([1, 2, 2, 4]) }) } }) as Network;
    await expect(prepareHeld(held, task(network, { source: small }))).rejects.toThrow('[2, 2, 4]');
  });

  it('takes four layers over the depth where none is named', () => {
    const named = (count: number) =>
      ({ taps: Array.from({ length: count }, (_, i) => `${i + 1}`) }) as unknown as Network;
    expect(defaultTaps(named(10), named(10))).toEqual(['3', '5', '8', '10']);
    expect(defaultTaps(named(4), named(4))).toEqual(['1', '2', '3', '4']);
    expect(defaultTaps(named(2), named(9))).toEqual(['1', '2']);
  });
});

describe('supervised attention', () => {
  it('is the soft-max of standardised growths / 5, 1 on average (by hand)', () => {
    // Standardised: -1, 1; powers exp(-0.2), exp(0.2).
    const sum = Math.exp(-0.2) + Math.exp(0.2);
    expect([...attentionWeights([0, 4])]).toEqual([
      expect.closeTo((2 * Math.exp(-0.2)) / sum, 6),
      expect.closeTo((2 * Math.exp(0.2)) / sum, 6),
    ]);
    expect([...attentionWeights([3, 3, 3])]).toEqual([1, 1, 1]);
  });

  it('weighs the channels that the task needs most, and is the same each time', async () => {
    const source = new TinyNetwork(5, 1);
    // Channels 0 to 2 see the colours that the classes are; channel 3 sees nothing.
    const kernel = tf.buffer([3, 3, 3, 4]);
    for (let colour = 0; colour < 3; colour++) kernel.set(1, 1, 1, colour, colour);
    source.parameters.get('stem.weight')!.variable.assign(kernel.toTensor());
    const options = { source, taps: ['stem'], classes: 3, train: toySource(45, 3), random: Random.fromSeed(1) };
    const before = tf.memory().numTensors;
    const attention = (await channelAttention(options)).get('stem')!;
    expect(tf.memory().numTensors).toBe(before);
    for (const needed of [0, 1, 2]) expect(attention[needed]).toBeGreaterThan(attention[3]!);
    expect(attention.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(4, 5);
    const severalLabels = (await channelAttention({ ...options, loss: 'sigmoid' })).get('stem')!;
    for (const needed of [0, 1, 2]) expect(severalLabels[needed]).toBeGreaterThan(severalLabels[3]!);
    expect(severalLabels).not.toEqual(attention);
    const stopped = channelAttention({ ...options, signal: AbortSignal.abort(new Error('enough')) });
    await expect(stopped).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    expect((await channelAttention({ ...options, random: Random.fromSeed(1) })).get('stem')).toEqual(attention);
  });
});

describe("held to the source's outputs", () => {
  it('is KL(source || target) times the temperature squared, for logits of any leading shape (by hand)', () => {
    const softmax = (logits: number[]) => {
      const powers = logits.map(Math.exp);
      return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
    };
    const divergence = (source: number[], target: number[], temperature: number) => {
      const [p, q] = [source, target].map((logits) => softmax(logits.map((logit) => logit / temperature)));
      return temperature ** 2 * p!.reduce((sum, each, i) => sum + each * Math.log(each / q![i]!), 0);
    };
    const [source, target] = [
      [1, 2, -1, 0, 0, 3],
      [0.5, -2, 1, 4, 1, 0],
    ];
    for (const temperature of [1, 2.5]) {
      const result = outputDivergences(tf.tensor3d(source!, [1, 2, 3]), tf.tensor3d(target!, [1, 2, 3]), temperature);
      expect(result.shape).toEqual([1, 2]);
      expect([...result.dataSync()]).toEqual([
        expect.closeTo(divergence(source!.slice(0, 3), target!.slice(0, 3), temperature), 5),
        expect.closeTo(divergence(source!.slice(3), target!.slice(3), temperature), 5),
      ]);
    }
  });

  it('is 0 for equal outputs, and never below', () => {
    const random = Random.fromSeed(3);
    const logits = () =>
      tf.tensor2d(
        Float32Array.from({ length: 200 }, () => random.normal(0, 3)),
        [40, 5],
      );
    const source = logits();
    expect([...outputDivergences(source, source, 2).dataSync()]).toEqual(new Array(40).fill(0));
    // Another constant in the logits changes nothing.
    for (const value of outputDivergences(source, tf.add(source, 7), 2).dataSync()) expect(value).toBeCloseTo(0, 5);
    for (const value of outputDivergences(source, logits(), 2).dataSync()) expect(value).toBeGreaterThan(0);
  });

  const held = { to: 'outputs', strength: 1.5, temperature: 2 } as const;

  it.each([true, false])('is 0 at the start and has the gradient of its value (head kept: %s)', async (keepsHead) => {
    const [network, source] = [new TinyNetwork(5, 1), new TinyNetwork(5, 1)];
    // A new head has outputs of its own, as many as it likes.
    if (!keepsHead) network.resetHead(3, 7);
    const penalty = await prepareHeld(held, task(network, { source, keepsHead }));
    expect(penaltyOn(penalty, network, images(4))!.dataSync()[0]).toBe(0);
    move(network, 'stem.weight', 0.3);
    const away = penaltyOn(penalty, network, images(4))!.dataSync()[0]!;
    expect(away).toBeGreaterThan(0);
    checkGradients(penalty, network, keepsHead ? ['stem.weight', 'body.weight', 'head.bias'] : ['stem.weight']);
  });

  it('is on the outputs of a kept head beside a frozen trunk, and nothing for a new one', async () => {
    const [network, source] = [new TinyNetwork(5, 1), new TinyNetwork(5, 1)];
    move(network, 'head.bias', 1);
    network.parameters.get('head.bias')!.variable.assign(tf.tensor1d([1, 0, 0, 0, 0]));
    const [inputs, weights] = [images(3), ones(3)];
    const batch = { parameters: [], inputs, weights, tuned: { taps: {}, logits: network.apply(inputs) } };
    const kept = await prepareHeld(held, task(network, { source, keepsHead: true }));
    const expected = tf.mean(outputDivergences(source.apply(inputs), network.apply(inputs), 2)).dataSync()[0]!;
    expect(kept.value(batch)!.dataSync()[0]).toBeCloseTo(1.5 * expected, 5);
    expect((await prepareHeld(held, task(network, { source }))).value(batch)).toBeUndefined();
  });

  it('refuses a missing source, and a kept head of other outputs', async () => {
    const network = new TinyNetwork(3, 1);
    await expect(prepareHeld(held, task(network))).rejects.toThrow('there is no source network');
    const kept = prepareHeld(held, task(network, { source: new TinyNetwork(5, 1), keepsHead: true }));
    await expect(kept).rejects.toThrow('The source has 5 outputs, and the network that keeps its head 3.');
  });
});
