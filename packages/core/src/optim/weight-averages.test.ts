import { afterAll, describe, expect, it } from 'vitest';
import { fitOptions, memoryRecorder, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { tf } from '../tensorflow.ts';
import { evaluate } from '../train/evaluate.ts';
import { fit } from '../train/fit.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { disposeState } from './optimizer.ts';
import { exchangeAverages, WeightAverages } from './weight-averages.ts';

afterAll(async () => {
  await selectBackend({ prefer: 'cpu' });
});

describe.each(['cpu', 'onnx'])('averages of weights, on %s', (backend) => {
  it('weigh the values by their age, and change places without a change', async () => {
    await selectBackend({ prefer: backend });
    const parameter = { name: 'w', role: 'weight', group: 'g', variable: tf.variable(tf.tensor1d([1, 5])) } as const;
    const state = new Map<string, tf.Variable>();
    const averages = new WeightAverages([parameter], state, 0.5);
    const values: number[] = [];
    for (const w of [1, 4, 2]) {
      parameter.variable.assign(tf.tensor1d([w, 5]));
      tf.tidy(() => averages.follow());
      values.push((await state.get('mean/w')!.data())[0]!);
    }
    expect(values).toEqual([1, (0.5 * 1 + 4) / 1.5, (0.25 * 1 + 0.5 * 4 + 2) / 1.75].map((x) => expect.closeTo(x, 6)));
    exchangeAverages([parameter], state);
    expect([...(await parameter.variable.data())]).toEqual([values[2], 5]);
    exchangeAverages([parameter], state);
    expect([...(await parameter.variable.data())]).toEqual([2, 5]);
    disposeState(state);
    parameter.variable.dispose();
  });

  it('are what is validated and what is left, and training does not see them', async () => {
    await selectBackend({ prefer: backend });
    const run = async (more: object) => {
      const recorder = memoryRecorder();
      const setup = fitOptions({ plan: namedPlan('gradual'), recorder, checkpointSeconds: 0, ...more });
      const result = await fit(setup);
      const trace = (name: string) => recorder.checkpoints.map(({ tensors }) => [...tensors.get(name)!.data]);
      return { setup, result, trace };
    };
    const decay = 0.8;
    const averaged = await run({ averaging: { decay } });
    const plain = await run({});
    expect(averaged.trace('parameter/stem.weight')).toEqual(plain.trace('parameter/stem.weight'));
    expect(averaged.result.history.map((r) => r['train/loss'])).toEqual(
      plain.result.history.map((r) => r['train/loss']),
    );
    expect(averaged.result.history.map((r) => r['validation/loss'])).not.toEqual(
      plain.result.history.map((r) => r['validation/loss']),
    );

    // By hand: the stem is thawed in the third epoch, the head moves from the first; 3 updates an epoch.
    const { best } = averaged.result;
    const expected = (name: string, from: number) => {
      const steps = averaged.trace(`parameter/${name}`).slice(from, 3 * (best.epoch + 1));
      const weights = steps.map((_, i) => decay ** (steps.length - 1 - i));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return steps[0]!.map((_, i) => steps.reduce((sum, w, t) => sum + w[i]! * weights[t]!, 0) / total);
    };
    const left = parametersOf(averaged.setup.network);
    const thawedAt: Record<string, number> = { head: 0, body: 3, stem: 6 };
    for (const [name, values] of Object.entries(left)) {
      const from = thawedAt[name.split('.')[0]!]!;
      if (best.epoch * 3 < from) continue;
      expect(values, name).toEqual(expected(name, from).map((value) => expect.closeTo(value, 5)));
    }
    const { network, validation } = averaged.setup;
    const evaluation = await evaluate({ network, source: validation!, batchSize: 8 });
    expect(evaluation.loss).toBeCloseTo(best['validation/loss']!, 6);

    const last = await run({ averaging: { decay }, validation: undefined, patience: undefined });
    const mean = last.trace('average/mean/head.weight').at(-1)!;
    expect(parametersOf(last.setup.network)['head.weight']).toEqual(mean);
    for (const { setup } of [averaged, plain, last]) setup.network.dispose();
  });
});
