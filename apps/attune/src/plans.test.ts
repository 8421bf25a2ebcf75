/** Every plan by its name, through the real program; and what is done with networks that a plan has added to. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PLAN_NAMES, readSafetensors, selectBackend, tf } from '@attune/core';
import { TEXT_PLAN_NAMES } from '@attune/nlp';
import type { VisionRecord } from '@attune/vision';
import { loadNetwork } from '@attune/zoo/node';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attune, exists, readJson, workspace } from '../test/cli.ts';

let folder: string;
let data: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  await selectBackend({ prefer: 'cpu' });
  ({ folder, data, remove } = await workspace());
});

afterAll(async () => remove());

async function json(...args: string[]) {
  const { status, stdout, stderr } = await attune([...args, '--json'], { cwd: folder });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** A run's network comes back from its file as it was. */
async function evaluatesTheSame(run: string): Promise<void> {
  const { result } = (await readJson(join(folder, run, 'run.json'))) as unknown as VisionRecord;
  const { metrics } = await json('eval', run);
  expect(metrics.confusion).toEqual(result!.test!.confusion);
  expect(metrics.loss).toBeCloseTo(result!.test!.loss, 4);
}

const NAMES = PLAN_NAMES.map((name) =>
  name.replace('last-K', 'last-2').replace('GROUP', 'block1').replace('LAYER', 'block2'),
);

describe('tune', () => {
  it.each(NAMES)('%s', async (name) => {
    const args = ['--data', data, '--plan', name, '--epochs', '1', '--out', name, '--no-report', '--quiet'];
    const { plan, result } = await json('tune', 'vision', ...args);
    expect(plan.name).toBe(name);
    expect(result.trainableParameters).toBeGreaterThan(0);
    expect(await exists(join(folder, name, 'model.safetensors'))).toBe(true);
    expect(await exists(join(folder, name, 'lora.safetensors'))).toBe(name === 'lora');
  });
});

describe('LoRA', () => {
  it('computes in eval what it did in tune', async () => evaluatesTheSame('lora'));

  it('is saved alone in a small file; the model has it merged', async () => {
    const [lora, model] = await Promise.all(
      ['lora', 'model'].map(async (name) => readFile(join(folder, 'lora', `${name}.safetensors`))),
    );
    expect(lora!.byteLength).toBeLessThan(model!.byteLength / 5);
    const names = [...readSafetensors(model!, 'the model').tensors.keys()];
    expect(names.filter((name) => name.includes('lora'))).toEqual([]);
  });
});

describe.each(['modular', 'adapters', 'probe-at-block2'])('of a run of %s', (name) => {
  it('eval gives what tune found', async () => evaluatesTheSame(name));

  it('predict names images', async () => {
    const image = join(data, 'heart', '000.png');
    const { predictions } = await json('predict', name, image);
    const sum = predictions[0].classes.reduce(
      (all: number, { probability }: { probability: number }) => all + probability,
      0,
    );
    expect(sum).toBeCloseTo(1, 4);
  });

  it('export writes ONNX that gives what the run gives, tfjs, and safetensors that load again', async () => {
    const { network } = await loadNetwork(join(folder, name, 'model.safetensors'));
    await json('export', name, '--format', 'onnx', '--out', `${name}.onnx`);
    const session = await InferenceSession.create(join(folder, `${name}.onnx`));
    for (const batch of [1, 3]) {
      const shape: [number, number, number, number] = [batch, 32, 32, 3];
      const values = Float32Array.from({ length: batch * 32 * 32 * 3 }, (_, i) => Math.sin(i));
      const { logits } = await session.run({ images: new Tensor('float32', values, shape) });
      expect(logits!.dims).toEqual([batch, 5]);
      const wanted = tf.tidy(() => [...network.apply(tf.tensor4d(values, shape)).dataSync()]);
      expect([...(logits!.data as Float32Array)]).toEqual(wanted.map((value) => expect.closeTo(value, 3)));
    }
    await session.release();
    network.dispose();

    await json('export', name, '--format', 'tfjs', '--out', `${name}/web/model.json`);
    const model = await readJson(join(folder, name, 'web', 'model.json'));
    expect(model.userDefinedMetadata).toMatchObject({ plan: name });

    await json('export', name, '--format', 'safetensors', '--out', `${name}.safetensors`);
    const copy = await loadNetwork(join(folder, `${name}.safetensors`));
    expect(copy.labels).toEqual(['arrow', 'frame', 'half-disc', 'heart', 'zigzag']);
    copy.network.dispose();
  });
});

it('a plan of everything at once, from a file, and once more from its checkpoint', async () => {
  const { plan } = (await readJson(join(folder, 'modular', 'run.json'))) as { plan: object };
  const everything = {
    ...plan,
    name: 'everything',
    added: {
      head: 'new',
      cut: 'block2',
      adapters: { reduction: 8 },
      lora: { rank: 2, alpha: 4, targets: ['block*'] },
      module: { width: 4, stitches: ['conv1', 'block2'] },
    },
  };
  const file = join(folder, 'everything.json');
  await writeFile(file, JSON.stringify(everything));
  const args = ['tune', 'vision', '--data', data, '--plan', file, '--epochs', '2', '--no-report', '--quiet'];
  const { result } = await json(...args, '--out', 'everything');
  expect((await json('eval', 'everything')).metrics.confusion).toEqual(result.test.confusion);
  const again = await json(...args, '--out', 'everything', '--resume');
  expect(again.result.test.confusion).toEqual(result.test.confusion);
  // Nothing is left to train, so nothing is frozen when it is evaluated: another rounding.
  expect(again.result.test.loss).toBeCloseTo(result.test.loss, 5);
});

describe('help', () => {
  it('names every plan', async () => {
    const { status, stdout } = await attune(['tune', 'vision', '--help'], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`a JSON file, or ${PLAN_NAMES.join(', ')} (default: full)`);
    const texts = await attune(['tune', 'nlp', '--help'], { cwd: folder });
    expect(texts.stdout.replaceAll(/\s+/g, ' ')).toContain(`a JSON file, or ${TEXT_PLAN_NAMES.join(', ')} (default:`);
  });

  it('models show names the layers and groups that plans may speak of', async () => {
    const { stdout } = await attune(['models', 'show', 'shapes_cnn'], { cwd: folder });
    expect(stdout).toMatch(/^layers +conv1, block1, block2, block3$/m);
    expect(stdout).toContain('last-K, surgical-GROUP, probe-at-LAYER');
  });
});
