/** Networks that a plan has added to, in files: all come back, and files that lie are refused. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Added, ImageNetwork, SafetensorsFile, TransferPlan } from '@attune/core';
import { Lora, NAMED_PLANS, namedPlan, readSafetensors, tf, UserError, writeSafetensors } from '@attune/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useCpuBackend, wavy } from '../test/testing.ts';
import { createNetwork } from './catalogue.ts';
import { extendNetwork } from './extend.ts';
import { loadNetwork, readLora, saveLora, saveNetwork } from './files.ts';

await useCpuBackend();

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-extended-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

const SIZE = 16;
const small = () => createNetwork('shapes_cnn', { classes: 3, seed: 1, size: SIZE });
const images = wavy<tf.Rank.R4>([2, SIZE, SIZE, 3]);
const logits = (network: ImageNetwork) => tf.tidy(() => [...network.apply(images).dataSync()]);

/** What was read, to be written again. */
const plainTensors = (tensors: SafetensorsFile['tensors']) =>
  [...tensors].map(([name, { shape, data }]) => [name, { shape, data: data as Float32Array }] as const);

/** A network with what the plan adds, as training might leave it: every parameter somewhere else. */
function trained(added: Added): ImageNetwork {
  const { network, lora } = extendNetwork(small(), added, 3);
  for (const { variable } of network.parameters.values())
    tf.tidy(() => variable.assign(tf.add(tf.mul(variable, 0.9), 0.05)));
  lora?.mergeAndRemove();
  return network;
}

const stitched: TransferPlan = {
  ...namedPlan('modular'),
  name: 'everything',
  added: {
    head: 'new',
    cut: 'block2',
    adapters: { reduction: 8, after: ['block1'] },
    lora: { rank: 2, alpha: 4, targets: ['block1.*'] },
    module: { width: 3, stitches: ['conv1', 'block2'] },
  },
};

describe('a saved network comes back', () => {
  it.each([...Object.values(NAMED_PLANS), namedPlan('probe-at-block1'), namedPlan('surgical-block1'), stitched])(
    '$name',
    async ({ added }) => {
      const network = trained(added);
      const file = join(folder, 'model.safetensors');
      await saveNetwork(network, file, ['a', 'b', 'c'], added);
      const loaded = await loadNetwork(file);
      expect(logits(loaded.network)).toEqual(logits(network));
      expect(loaded.labels).toEqual(['a', 'b', 'c']);
      expect(loaded.network.layerGroups).toEqual(network.layerGroups);
      expect([loaded.network.featureSize, loaded.network.taps]).toEqual([network.featureSize, network.taps]);
      network.dispose();
      loaded.network.dispose();
    },
  );

  it('not with LoRA beside its weights', async () => {
    const { network } = extendNetwork(small(), namedPlan('lora').added, 1);
    await expect(saveNetwork(network, join(folder, 'model'))).rejects.toThrow('LoRA is merged');
    network.dispose();
  });
});

describe('a file that lies about what was added', () => {
  it.each<[string, unknown, RegExp]>([
    ['no JSON', undefined, /What was added to the network in .*lies is not JSON/],
    ['no object', [1], /lies, what was added: it must be an object/],
    ['an unknown field', { head: 'new', extra: 1 }, /there is no field extra/],
    ['a huge module', { head: 'new', module: { width: 1e9 } }, /module.width must be at most 128/],
    [
      'a module that is not in the file',
      { head: 'new', module: { width: 128 } },
      /do not fit shapes_cnn: missing: 'module0/,
    ],
    ['endless adapters', { head: 'new', adapters: { reduction: 1e-9 } }, /adapters.reduction must be/],
    [
      'an adapter twice',
      { head: 'new', adapters: { reduction: 4, after: ['conv1', 'conv1'] } },
      /lies does not fit: Layer 'conv1' is named twice/,
    ],
    [
      'a layer that is not there',
      { head: 'new', cut: 'blok1' },
      /lies does not fit: .*no layer called 'blok1'. Did you mean block1/,
    ],
    ['a layer of Object', { head: 'new', cut: 'constructor' }, /no layer called 'constructor'/],
    ['a stitch that is not there', { head: 'new', module: { width: 1, stitches: ['x1'] } }, /no layer called 'x1'/],
    ['a cut of a network that is whole', { head: 'new', cut: 'block1' }, /not part of the network: 'block2/],
    ['LoRA', { head: 'new', lora: { rank: 1, alpha: 1 } }, /is of a network with LoRA beside its weights/],
  ])('%s', async (_, added, message) => {
    const network = small();
    const plain = join(folder, 'plain');
    await saveNetwork(network, plain);
    network.dispose();
    const { metadata, tensors } = readSafetensors(await readFile(plain), plain);
    const file = join(folder, 'lies');
    const text = added === undefined ? '{"head":' : JSON.stringify(added);
    await writeFile(file, writeSafetensors(plainTensors(tensors), { ...metadata, added: text }));
    const before = tf.memory();
    await expect(loadNetwork(file)).rejects.toThrow(UserError);
    await expect(loadNetwork(file)).rejects.toThrow(message);
    const { numTensors, numBytes } = tf.memory();
    expect({ numTensors, numBytes }).toEqual({ numTensors: before.numTensors, numBytes: before.numBytes });
  });

  it('a size that would take gigabytes to run costs nothing to refuse', async () => {
    const network = createNetwork('squeezenet1_0', { classes: 2, size: 35 });
    const file = join(folder, 'large');
    await saveNetwork(network, file);
    network.dispose();
    const { metadata, tensors } = readSafetensors(await readFile(file), file);
    const added = JSON.stringify({ head: 'new', adapters: { reduction: 4 } });
    await writeFile(file, writeSafetensors(plainTensors(tensors), { ...metadata, size: '4096', added }));
    const started = performance.now();
    await expect(loadNetwork(file)).rejects.toThrow(/missing: 'conv1.adapter/);
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('LoRA in a file of its own', () => {
  const settings = { rank: 2, alpha: 4 };

  it('is small, and gives the trained network on the same source', async () => {
    const network = small();
    const lora = new Lora(network, settings, 1);
    for (const { name, variable } of network.parameters.values())
      if (name.includes('lora')) tf.tidy(() => variable.assign(tf.sin(tf.add(variable, 1))));
    const [file, whole] = [join(folder, 'lora.safetensors'), join(folder, 'model.safetensors')];
    await saveLora(lora, file);
    const adapted = logits(network);
    lora.mergeAndRemove();
    await saveNetwork(network, whole);
    expect((await stat(file)).size).toBeLessThan((await stat(whole)).size / 10);
    const { tensors } = readSafetensors(await readFile(file), file);
    expect([...tensors.keys()].every((name) => /\.lora_[ab]$/.test(name))).toBe(true);

    const again = small();
    await readLora(new Lora(again, settings, 99), file);
    expect(logits(again)).toEqual(adapted);
    network.dispose();
    again.dispose();
  });

  it('refuses another file, other settings, other targets', async () => {
    const network = small();
    const file = join(folder, 'file');
    await saveNetwork(network, file);
    const lora = new Lora(network, settings, 1);
    await expect(readLora(lora, file)).rejects.toThrow(`${file} is not a LoRA file of this program.`);
    await expect(readLora(lora, join(folder, 'none'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
    const refuse = async (other: ConstructorParameters<typeof Lora>[1], message: RegExp) => {
      const another = small();
      await saveLora(new Lora(another, other, 1), file);
      another.dispose();
      await expect(readLora(lora, file)).rejects.toThrow(UserError);
      await expect(readLora(lora, file)).rejects.toThrow(message);
    };
    await refuse({ rank: 2, alpha: 8 }, /made with rank 2 and alpha 8, and is to be used with 2 and 4/);
    await refuse({ rank: 3, alpha: 4 }, /made with rank 3/);
    await refuse({ ...settings, targets: ['block1.*'] }, /has no 'conv1.weight.lora_a' of shape \[27, 2\]/);
    network.dispose();
  });
});
