import { afterEach, describe, expect, it, vi } from 'vitest';
import { selectBackend } from './backend.ts';
import { tf } from './tensorflow.ts';

afterEach(() => vi.unstubAllEnvs());

describe('selectBackend', () => {
  it('takes what the option says before what the environment says', async () => {
    vi.stubEnv('ATTUNE_BACKEND', 'tfjs-node');
    const choice = await selectBackend({ prefer: 'cpu' });
    expect(choice).toMatchObject({ name: 'cpu', reason: 'asked for by the option' });
    expect(tf.getBackend()).toBe('cpu');
    expect(choice.considered).toEqual([{ name: 'cpu', available: true, why: expect.any(String) }]);
  });

  it('takes what the environment says', async () => {
    vi.stubEnv('ATTUNE_BACKEND', 'cpu');
    expect(await selectBackend()).toMatchObject({ name: 'cpu', reason: 'asked for by ATTUNE_BACKEND' });
  });

  it('names what is near a mistyped name', async () => {
    vi.stubEnv('ATTUNE_BACKEND', 'onx');
    await expect(selectBackend()).rejects.toThrow("There is no backend 'onx' (from ATTUNE_BACKEND). Did you mean onnx");
    await expect(selectBackend({ prefer: 'onnx:cuba' })).rejects.toThrow('onnx:cuda');
  });

  it('says that what is asked for is not installed', async () => {
    await expect(selectBackend({ prefer: 'tfjs-node-gpu' })).rejects.toThrow(
      "The backend 'tfjs-node-gpu' (from the option) is not available: it is not installed.",
    );
  });

  it('otherwise looks for a GPU package first, and takes the engine', async () => {
    vi.stubEnv('ATTUNE_BACKEND', '');
    const choice = await selectBackend();
    expect(choice.considered.map(({ name, available }) => [name, available])).toEqual([
      ['tfjs-node-gpu', false],
      ['onnx', true],
    ]);
    expect(choice).toMatchObject({ name: 'onnx', reason: 'the default' });
    expect(tf.getBackend()).toBe('onnx');
  });

  it('takes as many threads as the option says, else the environment', async () => {
    const threads = () => (tf.backend() as unknown as { runtime: { threads: number } }).runtime.threads;
    vi.stubEnv('ATTUNE_THREADS', '1');
    await selectBackend({ prefer: 'onnx' });
    expect(threads()).toBe(1);
    const kept = tf.tensor1d([1]);
    await selectBackend({ prefer: 'onnx' });
    expect([...(await kept.data())]).toEqual([1]);
    await selectBackend({ prefer: 'onnx', threads: 2 });
    expect(threads()).toBe(2);
    for (const wrong of ['two', '0', '1.5']) {
      vi.stubEnv('ATTUNE_THREADS', wrong);
      await expect(selectBackend()).rejects.toThrow(`ATTUNE_THREADS is '${wrong}', and must be a whole number`);
    }
  });

  it('can be asked again: tensors of the same provider live on', async () => {
    const kept = tf.tensor1d([1]);
    expect((await selectBackend({ prefer: 'onnx:cpu' })).considered[0]!.why).toBe('ONNX Runtime, provider cpu');
    expect(await tf.add(tf.tensor1d([1, 2]), 1).data()).toEqual(Float32Array.of(2, 3));
    expect([...(await kept.data())]).toEqual([1]);
  });
});
