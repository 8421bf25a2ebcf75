/** Core's named plans, INIT and MULT on text networks, on the real engine: what each moves, and that the tasks are learnt. */
import {
  carryOver,
  evaluate,
  fit,
  NAMED_PLANS,
  type Network,
  namedPlan,
  needsSource,
  networkValues,
  parsePlan,
  selectBackend,
  type TransferPlan,
  tf,
} from '@attune/core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { toyTexts, VOCABULARY_SIZE } from '../../test/toy-texts.ts';
import { type Init, initPlan, multPlan } from '../transfer-plans.ts';
import { createTextNetwork } from './create.ts';
import { extendTextNetwork } from './extend.ts';
import type { TextArchitecture, TextNetwork } from './text-network.ts';

beforeAll(async () => {
  await selectBackend({ prefer: 'onnx' });
});

function make(architecture: TextArchitecture, classes: number, seed: number): TextNetwork {
  const sizes = { embeddingSize: 8, hiddenSize: 6, dropout: 0, vocabularySize: VOCABULARY_SIZE };
  const network = createTextNetwork({ architecture, ...sizes, classes }, { seed });
  onTestFinished(() => network.dispose());
  return network;
}

/** A network as a plan begins: what it carries in place, what it adds added. */
async function begin(plan: TransferPlan, source: TextNetwork, classes: number): Promise<TextNetwork> {
  const network = make(source.spec.architecture, plan.added.head === 'none' ? source.classes : classes, 2);
  carryOver(network, await networkValues(source), plan.carried);
  extendTextNetwork(network, plan.added, 3);
  return network;
}

const options = { batchSize: 8, learningRate: 0.02, seed: 7 };

async function train(plan: TransferPlan, network: Network, source: Network, epochs = 2) {
  const pairs = network.input.shape.length === 2;
  const sourceTrain = toyTexts(24, 3, { pairs, classes: source.classes });
  const held = needsSource(plan.held) ? { source, sourceTrain } : {};
  return fit({ ...options, train: toyTexts(32, 1, { pairs }), ...held, network, plan, epochs });
}

const IMAGES_ALONE = ['modular', 'modular-tuned'];
const PLANS = [
  ...Object.keys(NAMED_PLANS).filter((name) => !IMAGES_ALONE.includes(name)),
  'last-2',
  'surgical-embedding',
  'probe-at-embedding',
];

describe.each<TextArchitecture>(['lstm', 'text-cnn', 'bi-lstm', 'cnn-pair'])('%s', (architecture) => {
  it.each(PLANS)('is trained by %s', async (name) => {
    const plan = namedPlan(name);
    const source = make(architecture, 4, 1);
    const network = await begin(plan, source, 3);
    const before = await networkValues(network);
    const { history } = await train(plan, network, source);
    expect(history).toHaveLength(2);
    for (const record of history) expect(Number.isFinite(record['train/loss'])).toBe(true);
    const after = await networkValues(network);
    const changed = (names: readonly string[]) =>
      names.filter((each) => !after.get(each)!.data.every((value, i) => value === before.get(each)!.data[i]));
    expect(changed(['head.weight'])).toEqual(['head.weight']);
    const trunk = [...network.parameters.keys()].filter((each) => !/^head|adapter|lora/.test(each));
    const moved = changed(trunk);
    if (['linear-probe', 'lora', 'adapters', 'probe-at-embedding'].includes(name)) expect(moved).toEqual([]);
    else if (name === 'bitfit') expect(moved).toEqual(trunk.filter((each) => each.endsWith('.bias')));
    else if (name === 'surgical-embedding') expect(moved).toEqual(['embedding.weight']);
    else if (name === 'last-2') expect(moved).not.toContain('embedding.weight');
    else expect(moved.length).toBeGreaterThan(0);
  });

  it('learns the task', async () => {
    const network = make(architecture, 3, 1);
    const pairs = architecture === 'cnn-pair';
    const plan = namedPlan('scratch');
    await fit({ ...options, network, plan, train: toyTexts(96, 1, { pairs }), epochs: pairs ? 25 : 12 });
    const { accuracy } = await evaluate({ network, source: toyTexts(48, 4, { pairs }), batchSize: 8 });
    expect(accuracy).toBeGreaterThan(0.8);
  });
});

describe('INIT', () => {
  const groupOf = (name: string) => (name.startsWith('embedding') ? 'E' : name.startsWith('head') ? 'O' : 'H');
  const CHOICES: Init[] = ['random', 'locked', 'tuned'];
  const all = CHOICES.flatMap((E) => CHOICES.flatMap((H) => CHOICES.map((O) => ({ E, H, O })))).filter((init) =>
    Object.values(init).some((each) => each !== 'locked'),
  );

  it.each(all)('copies and moves what it says: E $E, H $H, O $O', async (init) => {
    const plan = initPlan(init);
    expect(parsePlan(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    const source = make('lstm', 3, 1);
    // As training leaves them: a bias that is zero in every new network would tell nothing.
    for (const { variable } of source.parameters.values()) tf.tidy(() => variable.assign(tf.add(variable, 0.01)));
    const copied = await networkValues(source);
    const network = await begin(plan, source, 3);
    const started = await networkValues(network);
    await train(plan, network, source, 1);
    const ended = await networkValues(network);
    for (const name of network.parameters.keys()) {
      const how = init[groupOf(name)];
      const [from, start, end] = [copied, started, ended].map((values) => values.get(name)!.data);
      if (how === 'random') expect(start, name).not.toEqual(from);
      else expect(start, name).toEqual(from);
      if (how === 'locked') expect(end, name).toEqual(from);
      else expect(end, name).not.toEqual(start);
    }
  });

  it('takes all hidden groups for H, and refuses what trains nothing', () => {
    const network = createTextNetwork({
      architecture: 'bi-lstm',
      vocabularySize: 5,
      classes: 2,
      embeddingSize: 2,
      hiddenSize: 2,
      dropout: 0,
      layers: 3,
    });
    onTestFinished(() => network.dispose());
    const { carried, moved } = initPlan({ E: 'locked', H: 'tuned', O: 'random' }, network);
    expect(carried).toEqual({ what: 'groups', groups: ['embedding', 'hidden', 'hidden2', 'hidden3'] });
    expect(moved.groups).toEqual({ what: 'groups', groups: ['hidden', 'hidden2', 'hidden3', 'head'] });
    expect(() => initPlan({ E: 'locked', H: 'locked', O: 'locked' })).toThrow('nothing would be trained');
  });
});

describe('MULT', () => {
  const mult = multPlan({ lambda: 0.5 });

  it.each<TextArchitecture>(['lstm', 'cnn-pair'])('trains both heads on one trunk: %s', async (architecture) => {
    const source = make(architecture, 4, 1);
    const network = await begin(mult, source, 3);
    const [before, own] = [await networkValues(source), await networkValues(network)];
    await train(mult, network, source);
    const after = await networkValues(source);
    for (const [name, { data }] of before)
      if (name.startsWith('head')) expect(after.get(name)!.data).not.toEqual(data);
      else expect(after.get(name)!.data).toEqual(data);
    for (const [name, { data }] of await networkValues(network)) expect(data).not.toEqual(own.get(name)!.data);
  });

  it('from a copied start is MULT+INIT, and is written as it is', () => {
    const both = multPlan({ lambda: 0.3, init: { E: 'tuned', H: 'tuned', O: 'random' } });
    expect(parsePlan(JSON.parse(JSON.stringify(both)))).toEqual(both);
    expect(both.name).toBe('mult-init-ttr');
    expect(both.carried).toEqual({ what: 'groups', groups: ['embedding', 'hidden'] });
    expect([both.held, mult.held, mult.carried]).toEqual([
      { to: 'task', share: 0.3 },
      { to: 'task', share: 0.5 },
      { what: 'nothing' },
    ]);
    for (const lambda of [0, 1.2, Number.NaN]) expect(() => multPlan({ lambda })).toThrow('above 0 and at most 1');
  });
});

describe('batches of several lengths', () => {
  it('are traced once for each length, however many epochs there are', async () => {
    const network = make('bi-lstm', 3, 1);
    const traces: number[] = [];
    const { stats } = tf.backend() as unknown as { stats: () => { stepTraces: number } };
    await fit({
      ...options,
      network,
      plan: namedPlan('full'),
      train: toyTexts(32, 1),
      validation: toyTexts(16, 2),
      epochs: 4,
      recorder: {
        epoch: async () => void traces.push(stats.call(tf.backend()).stepTraces),
        checkpoint: async () => {},
      },
    });
    expect(traces).toEqual(traces.map(() => traces[0]));
  });
});
