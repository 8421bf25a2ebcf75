import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { tf } from '../tensorflow.ts';
import { adamw } from './adamw.ts';
import { clipByGlobalNorm } from './clip.ts';
import { disposeState, type MovingParameter, type Optimizer, valueAndGradients } from './optimizer.ts';
import { sgd } from './sgd.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function parameter(name: string, values: number[], more: Partial<MovingParameter> = {}): MovingParameter {
  return { name, role: 'weight', group: 'g', rate: 1, variable: tf.variable(tf.tensor1d(values)), ...more };
}

function step(
  optimizer: Optimizer,
  parameters: MovingParameter[],
  gradients: Record<string, number[]>,
  state: Map<string, tf.Variable>,
  rate: number,
) {
  tf.tidy(() =>
    optimizer.update({
      parameters,
      gradients: new Map(Object.entries(gradients).map(([name, values]) => [name, tf.tensor1d(values)])),
      state,
      learningRate: tf.scalar(rate),
    }),
  );
}

const values = ({ variable }: MovingParameter) => [...variable.dataSync()];

/** AdamW as its paper writes it (algorithm 2), in double precision. */
function plainAdamW(start: number[], { rate = 0.1, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decay = 0 }) {
  const w = [...start];
  const m = start.map(() => 0);
  const v = start.map(() => 0);
  let t = 0;
  return (gradient: number[]) => {
    t++;
    for (const [i, g] of gradient.entries()) {
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      const mHat = m[i]! / (1 - beta1 ** t);
      const vHat = v[i]! / (1 - beta2 ** t);
      w[i] = w[i]! - rate * decay * w[i]! - (rate * mHat) / (Math.sqrt(vHat) + epsilon);
    }
    return w;
  };
}

function expectClose(actual: number[], expected: readonly number[], digits = 5) {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i]!, digits);
}

describe('adamw', () => {
  it('moves by the learning rate, against the gradient, in its first step (by hand)', () => {
    const w = parameter('w', [1, 1, 1]);
    const optimizer = adamw({ weightDecay: 0.1 });
    step(optimizer, [w], { w: [3, -0.002, 0] }, optimizer.init([w]), 0.5);
    // 1 - 0.5 * 0.1 = 0.95, then -0.5, +0.5, and nothing for no gradient
    expectClose(values(w), [0.45, 1.45, 0.95]);
  });

  it('follows the paper over fifty steps, with changing gradients', () => {
    const random = Random.fromSeed(5);
    const start = [0.5, -1, 2, 0.001];
    for (const settings of [
      { rate: 0.01, decay: 0.05 },
      { rate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
    ]) {
      const w = parameter('w', start);
      const { rate, decay = 0, ...rest } = { ...settings } as { rate: number; decay?: number };
      const optimizer = adamw({ ...rest, weightDecay: decay });
      const state = optimizer.init([w]);
      const reference = plainAdamW(start, settings);
      let expected: number[] = [];
      for (let t = 0; t < 50; t++) {
        const gradient = start.map((_, i) => random.normal(0.3, 10 ** -i));
        step(optimizer, [w], { w: gradient }, state, rate);
        expected = reference(gradient);
        expectClose(values(w), expected);
      }
      expect(expected[0]).not.toBeCloseTo(start[0]!, 1);
    }
  });

  it('decays weights alone, and multiplies the rates of groups', () => {
    const roles = ['weight', 'bias', 'norm'] as const;
    const parameters = roles.map((role) => parameter(role, [1], { role }));
    parameters.push(parameter('slow', [1], { group: 'slow', rate: 0.1, role: 'bias' }));
    const optimizer = adamw({ weightDecay: 0.5 });
    step(optimizer, parameters, { weight: [1], bias: [1], norm: [1], slow: [1] }, optimizer.init(parameters), 0.1);
    expectClose(parameters.flatMap(values), [0.95 - 0.1, 0.9, 0.9, 0.99]);
  });

  it('corrects the bias of a group that is thawed late from its own first step', () => {
    const early = parameter('early', [1], { group: 'top' });
    const late = parameter('late', [1], { group: 'bottom' });
    const optimizer = adamw({ weightDecay: 0 });
    const state = optimizer.init([early]);
    for (let t = 0; t < 20; t++) step(optimizer, [early], { early: [1] }, state, 0.01);
    const kept = state.get('sum1/early');
    optimizer.init([early, late], state);
    expect(state.get('sum1/early')).toBe(kept);
    step(optimizer, [early, late], { early: [1], late: [1] }, state, 0.01);
    expectClose(values(late), [0.99]);
    expectClose(values(early), [1 - 21 * 0.01]);
  });

  it('leaves a parameter without a gradient as it is', () => {
    const w = parameter('w', [1]);
    const optimizer = adamw();
    step(optimizer, [w], {}, optimizer.init([w]), 0.1);
    expect(values(w)).toEqual([1]);
  });

  it('keeps no tensors but its state', () => {
    const w = parameter('w', [1, 2]);
    const optimizer = adamw();
    const before = tf.memory().numTensors;
    const state = optimizer.init([w]);
    expect(tf.memory().numTensors - before).toBe(4);
    for (let t = 0; t < 5; t++) step(optimizer, [w], { w: [1, 1] }, state, 0.1);
    expect(tf.memory().numTensors - before).toBe(4);
    disposeState(state);
    expect(tf.memory().numTensors - before).toBe(0);
  });

  it('refuses settings out of range', () => {
    expect(() => adamw({ beta1: 1 })).toThrow(RangeError);
    expect(() => adamw({ epsilon: 0 })).toThrow(RangeError);
    expect(() => adamw({ weightDecay: -1 })).toThrow(RangeError);
  });
});

describe('sgd', () => {
  const gradients = [[1], [2], [-1], [0.5]];
  const run = (optimizer: Optimizer) => {
    const w = parameter('w', [1]);
    const state = optimizer.init([w]);
    for (const gradient of gradients) step(optimizer, [w], { w: gradient }, state, 0.1);
    return values(w);
  };

  it('without momentum adds up the gradients (by hand)', () => {
    expectClose(run(sgd({ momentum: 0 })), [1 - 0.1 * 2.5]);
  });

  it('with momentum 0.9 (by hand: velocities 1, 2.9, 1.61, 1.949)', () => {
    expectClose(run(sgd()), [1 - 0.1 * (1 + 2.9 + 1.61 + 1.949)]);
  });

  it("with Nesterov's momentum (by hand: g + 0.9 v)", () => {
    const moves = [1 + 0.9 * 1, 2 + 0.9 * 2.9, -1 + 0.9 * 1.61, 0.5 + 0.9 * 1.949];
    expectClose(run(sgd({ nesterov: true })), [1 - 0.1 * moves.reduce((sum, move) => sum + move, 0)]);
  });

  it('decays apart from momentum', () => {
    let w = 1;
    let velocity = 0;
    for (const [g] of gradients) {
      velocity = 0.9 * velocity + g!;
      w = w * (1 - 0.1 * 0.2) - 0.1 * velocity;
    }
    expectClose(run(sgd({ weightDecay: 0.2 })), [w]);
  });

  it('refuses settings out of range', () => {
    expect(() => sgd({ momentum: 1 })).toThrow(RangeError);
    expect(() => sgd({ momentum: 0, nesterov: true })).toThrow(RangeError);
  });
});

describe('clipByGlobalNorm', () => {
  const clip = (a: number[], b: number[], maxNorm: number) => {
    const { gradients, norm } = clipByGlobalNorm(
      new Map([
        ['a', tf.tensor1d(a)],
        ['b', tf.tensor1d(b)],
      ]),
      maxNorm,
    );
    return {
      norm: norm.dataSync()[0],
      values: [...gradients.values()].flatMap((gradient) => [...gradient.dataSync()]),
    };
  };
  it('scales what is too long as one vector', () => {
    const { norm, values } = clip([3, 0], [0, 4], 1);
    expect(norm).toBeCloseTo(5, 5);
    expectClose(values, [0.6, 0, 0, 0.8]);
  });
  it('leaves what is short enough, zeros too', () => {
    expect(clip([3, 0], [0, 4], 6).values).toEqual([3, 0, 0, 4]);
    expect(clip([0], [0], 1).values).toEqual([0, 0]);
  });
});

describe('valueAndGradients', () => {
  it('gives gradients by name for the parameters asked for, and none for one that the loss does not use', () => {
    const x = parameter('x', [2]);
    const y = parameter('y', [3]);
    const unused = parameter('unused', [1]);
    const { value, gradients } = valueAndGradients([x, unused], () => tf.sum(tf.mul(x.variable, y.variable)));
    expect(value.dataSync()[0]).toBe(6);
    expect([...gradients.keys()]).toEqual(['x']);
    expect([...gradients.get('x')!.dataSync()]).toEqual([3]);
  });
});
