import { expect, it } from 'vitest';
import { selectBackend } from './backend.ts';
import { measurePeak } from './peak.ts';
import { tf } from './tensorflow.ts';

it('is a speed that a machine can have, and leaves no tensors', async () => {
  await selectBackend({ prefer: 'onnx' });
  const before = tf.memory().numTensors;
  const peak = await measurePeak();
  expect(peak).toBeGreaterThan(0.1);
  expect(peak).toBeLessThan(1e6);
  expect(tf.memory().numTensors).toBe(before);
});
