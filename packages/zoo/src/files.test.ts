/** Finding, loading and saving networks, with files of this test's own making. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tf, UserError, writeSafetensors } from '@attune/core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { useCpuBackend, wavy } from '../test/testing.ts';
import { catalogueEntry, createNetwork } from './catalogue.ts';
import { dataDirectories, loadNetwork, loadPretrained, saveNetwork } from './files.ts';

beforeAll(useCpuBackend);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zoo-files-'));
  vi.stubEnv('ATTUNE_DATA', join(folder, 'data'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A SqueezeNet file in its release's names, as the catalogue expects it, with weights drawn from a seed. */
async function writeSqueezenet(file: string): Promise<void> {
  const network = createNetwork('squeezenet1_0', { classes: 1000, seed: 1, size: 35, head: 'published' });
  const { convention } = catalogueEntry('squeezenet1_0').weights;
  const tensors = [...network.parameters.values()].map(
    ({ name, variable }) =>
      [convention.foreignName(name), { shape: variable.shape, data: variable.dataSync() as Float32Array }] as const,
  );
  network.dispose();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, writeSafetensors(tensors));
}

describe('loadPretrained', () => {
  it('finds the file below ATTUNE_DATA, then the cache, and keeps the published head unless classes are given', async () => {
    const place = catalogueEntry('squeezenet1_0').weights.file;
    await writeSqueezenet(join(folder, 'cache/attune', place));
    const published = await loadPretrained('squeezenet1_0', { size: 67 });
    expect(published.classes).toBe(1000);
    expect(published.parameters.get('head.weight')!.variable.shape).toEqual([1, 1, 512, 1000]);
    const images = wavy<tf.Rank.R4>([1, 67, 67, 3]);
    const features = published.features(images);
    expect(features.shape).toEqual([1, published.featureSize]);
    expect(published.head(features).dataSync()).toEqual(published.apply(images).dataSync());
    published.dispose();

    await rm(join(folder, 'cache'), { recursive: true });
    await writeSqueezenet(join(folder, 'data', place));
    const tuned = await loadPretrained('squeezenet1_0', { classes: 3, seed: 5 });
    expect([tuned.classes, tuned.featureSize, tuned.preprocessing.size]).toEqual([3, 512, 227]);
    const fresh = createNetwork('squeezenet1_0', { classes: 3, seed: 5 });
    const head = (network: typeof fresh) => network.parameters.get('head.weight')!.variable.dataSync();
    expect(head(tuned)).toEqual(head(fresh));
    tuned.dispose();
    fresh.dispose();
  });

  it('takes a named file, and says what does not fit, without leaking the network', async () => {
    const file = join(folder, 'weights.safetensors');
    await writeSqueezenet(file);
    const before = tf.memory().numTensors;
    await expect(loadPretrained('resnet18', { weightsFile: file })).rejects.toThrow(UserError);
    await expect(loadPretrained('resnet18', { weightsFile: file })).rejects.toThrow(
      /do not fit resnet18: missing: 'conv1/,
    );
    expect(tf.memory().numTensors).toBe(before);
    await truncate(file, 1000);
    await expect(loadPretrained('squeezenet1_0', { weightsFile: file })).rejects.toThrow(UserError);
  });

  it('says where it looked', async () => {
    await expect(loadPretrained('resnet50')).rejects.toThrow(UserError);
    await expect(loadPretrained('resnet50')).rejects.toThrow(join(folder, 'data/vision/resnet50/resnet50.safetensors'));
    await expect(loadPretrained('resnet50', { weightsFile: join(folder, 'x') })).rejects.toThrow(/no weights file.*x/);
    await expect(loadPretrained('resnet52')).rejects.toThrow(/Did you mean resnet/);
  });

  it('wants classes where the file has no head', async () => {
    const file = join(folder, 'w.safetensors');
    await writeFile(file, '');
    await expect(loadPretrained('mobilenet_v2_035', { weightsFile: file })).rejects.toThrow(
      /no head.*how many classes/,
    );
  });

  it('looks in extra directories first', () => {
    expect(dataDirectories([join(folder, 'mine')])).toEqual(
      ['mine', 'data', 'cache/attune'].map((name) => join(folder, name)),
    );
  });
});

describe('loadNetwork', () => {
  it('refuses files that saveNetwork did not write, each with its reason', async () => {
    const network = createNetwork('shapes_cnn', { classes: 2, seed: 1 });
    const file = join(folder, 'model.safetensors');
    await saveNetwork(network, file);
    await expect(loadNetwork(file).then((loaded) => loaded.labels)).resolves.toBeUndefined();
    const tensors = [...network.parameters.values()].map(
      ({ name, variable }) => [name, { shape: variable.shape, data: variable.dataSync() as Float32Array }] as const,
    );
    const metadata = { format: 'attune-network-1', network: 'shapes_cnn', classes: '2', size: '32' };
    const refuse = async (fields: Record<string, string>, message: RegExp) => {
      await writeFile(file, writeSafetensors(tensors, fields));
      await expect(loadNetwork(file)).rejects.toThrow(UserError);
      await expect(loadNetwork(file)).rejects.toThrow(message);
    };
    await refuse({}, /not a network saved by this program/);
    await refuse({ ...metadata, network: 'shapes' }, /no network 'shapes'/);
    await refuse({ ...metadata, classes: 'two' }, /says that it has two classes, and its head has 2/);
    await refuse({ ...metadata, classes: '1e12' }, /says that it has 1e12 classes, and its head has 2/);
    await refuse({ ...metadata, labels: '{"a":1}' }, /class names/);
    await refuse({ ...metadata, labels: '[' }, /class names/);
    await expect(loadNetwork(join(folder, 'none'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
    network.dispose();
  });
});
