/** Two tasks in one run (MULT): what is sampled, what is shared, and that it goes on exactly. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { TinyNetwork } from '../../test/tiny-network.ts';
import { toySource } from '../../test/toy-task.ts';
import { memoryRecorder, numbersOf, parametersOf } from '../../test/training.ts';
import { selectBackend } from '../backend.ts';
import { Random } from '../random.ts';
import { namedPlan } from '../transfer/named-plans.ts';
import { parsePlan, type TransferPlan } from '../transfer/plan.ts';
import type { Batch, ExampleSource } from './data.ts';
import { evaluate } from './evaluate.ts';
import { fit } from './fit.ts';
import type { FitOptions } from './fit-options.ts';
import { batchesInEpoch, twoTaskBatches } from './two-tasks.ts';

const mult = (share: number, plan = namedPlan('scratch')): TransferPlan => ({ ...plan, held: { to: 'task', share } });

/** The source's task: the colour counted from the other end, so that the heads must differ. */
function otherTask(count: number): ExampleSource {
  const source = toySource(count, 5, true);
  return {
    count,
    *batches(request) {
      for (const batch of source.batches(request) as Iterable<Batch>)
        yield { ...batch, labels: batch.labels.map((label) => 3 - label) };
    },
  };
}

async function train(backend: string, plan: TransferPlan, more: Partial<FitOptions> = {}) {
  await selectBackend({ prefer: backend });
  const [network, source] = [new TinyNetwork(3, 1), new TinyNetwork(4, 2)];
  onTestFinished(() => {
    network.dispose();
    source.dispose();
  });
  const before = parametersOf(source);
  const { history } = await fit({
    network,
    source,
    plan,
    train: toySource(22, 1, true),
    validation: toySource(15, 2),
    sourceTrain: otherTask(40),
    epochs: 3,
    batchSize: 8,
    learningRate: 0.02,
    seed: 7,
    ...more,
  });
  return { network, source, before, after: parametersOf(source), tuned: parametersOf(network), history };
}

describe('the batches', () => {
  const tasks = (share: number) => ({
    target: toySource(22, 1, true),
    source: otherTask(20),
    share,
    batchSize: 8,
    random: Random.fromSeed(3),
  });
  const collect = async (share: number, first: number, end: number) => {
    const batches: Batch[] = [];
    for await (const batch of twoTaskBatches(tasks(share), first, end)) batches.push(batch);
    return batches;
  };

  it('are of the target with the probability of its share', async () => {
    for (const share of [0.2, 0.5, 0.9]) {
      const batches = await collect(share, 0, 2000);
      const own = batches.filter(({ task }) => task === undefined).length / 2000;
      // Four standard deviations.
      expect(Math.abs(own - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 2000));
      expect(batchesInEpoch(tasks(share))).toBe(Math.ceil(3 / share));
    }
  });

  it('are the same from any batch on', async () => {
    const all = await collect(0.4, 0, 40);
    for (const first of [1, 7, 23]) expect(await collect(0.4, first, 40)).toEqual(all.slice(first));
  });

  it('show every example of a task equally often', async () => {
    const seen = new Map<string, number>();
    const own = (await collect(0.5, 0, 200)).filter(({ task }) => task === undefined);
    for (const { inputs, labels } of own.slice(0, own.length - (own.length % 3)))
      for (let i = 0; i < labels.length; i++) {
        const key = inputs.subarray(i * 48, (i + 1) * 48).join();
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    expect(seen.size).toBe(22);
    expect(new Set(seen.values()).size).toBe(1);
  });
});

describe.each(['cpu', 'onnx'])('a run of two tasks, on %s', (backend) => {
  it('with a share of 1 is training on the target alone', async () => {
    const plain = await train(backend, namedPlan('scratch'));
    const one = await train(backend, mult(1));
    expect(one.tuned).toEqual(plain.tuned);
    expect(numbersOf(one.history)).toEqual(numbersOf(plain.history));
    expect(one.after).toEqual(one.before);
  });

  it('shares what is below the heads, and trains both heads', async () => {
    const { network, source, before, after, history } = await train(backend, mult(0.5), { epochs: 25 });
    expect(after['head.weight']).not.toEqual(before['head.weight']);
    for (const name of Object.keys(before).filter((name) => !name.startsWith('head')))
      expect(after[name]).toEqual(before[name]);
    expect(history.at(-1)!['validation/accuracy']).toBeGreaterThan(0.8);
    expect(history[0]!.step).toBe(6);
    // The source's head on the network's features knows the source's task.
    const both = Object.create(network, {
      classes: { value: source.classes },
      apply: { value: (x: Parameters<typeof network.apply>[0]) => source.head(network.features(x)) },
    }) as TinyNetwork;
    expect((await evaluate({ network: both, source: otherTask(40), batchSize: 8 })).accuracy).toBeGreaterThan(0.8);
  });

  it('goes on exactly from any step', async () => {
    const recorder = memoryRecorder();
    const plan = mult(0.5, namedPlan('gradual'));
    const options = { averaging: { decay: 0.8 }, clipNorm: 1 };
    const expected = await train(backend, plan, { ...options, recorder, checkpointSeconds: 0 });
    expect(recorder.checkpoints[0]!.tensors.has('parameter/source.head.weight')).toBe(true);
    for (const resume of recorder.checkpoints.filter((_, i) => i % 4 === 1)) {
      const resumed = await train(backend, plan, { ...options, resume });
      expect(resumed.tuned).toEqual(expected.tuned);
      expect(resumed.after).toEqual(expected.after);
      expect(numbersOf(resumed.history)).toEqual(numbersOf(expected.history));
    }
  });
});

describe('what cannot be', () => {
  it.each<[string, TransferPlan, Partial<FitOptions>]>([
    ['no examples of it', mult(0.5), { sourceTrain: undefined }],
    ['no source network', mult(0.5), { source: undefined }],
    ['accumulated gradients', mult(0.5), { accumulate: 2 }],
    ['relative gradient norm', mult(0.5, namedPlan('auto-rgn')), {}],
  ])('is said: %s', async (message, plan, more) => {
    await expect(train('cpu', plan, more)).rejects.toThrow(message);
  });

  it('is found in a plan from outside', () => {
    expect(parsePlan(structuredClone(mult(0.5)))).toEqual(mult(0.5));
    for (const share of [0, 1.5]) expect(() => parsePlan(mult(share))).toThrow('above 0 and at most 1');
  });
});
