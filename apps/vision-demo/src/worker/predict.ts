/** Names held-back images, with how sure the network is. */
import { compileStep, type ImageNetwork, tf } from '@attune/core';
import { breathe, frozen } from '@attune/demo-parts/worker';
import type { Example } from '@attune/vision';
import type { Prediction, Results } from '../api.ts';
import { gradCamFits } from './grad-cam.ts';
import { imageTensor, networkInput } from './image-batch.ts';

const BATCH = 16;

export async function predictAll(
  network: ImageNetwork,
  classes: readonly string[],
  { split, examples }: { readonly split: Results['split']; readonly examples: readonly Example[] },
): Promise<Results> {
  const step = compileStep((images: tf.Tensor4D) => tf.softmax(network.apply(images)), { name: 'predict' });
  const predictions: Prediction[] = [];
  try {
    await frozen(network, async () => {
      for (let first = 0; first < examples.length; first += BATCH) {
        const some = examples.slice(first, first + BATCH);
        const inputs = await Promise.all(some.map((example) => networkInput(network, example)));
        const images = imageTensor(network, joined(inputs), BATCH);
        const output = await step.run(images);
        const probabilities = (await output.data()) as Float32Array;
        tf.dispose([images, output]);
        for (const [row, { name, label }] of some.entries()) {
          const own = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
          const predicted = own.indexOf(Math.max(...own));
          predictions.push({ index: first + row, name, label, predicted, probability: own[predicted]! });
        }
        await breathe();
      }
    });
  } finally {
    step.dispose();
  }
  const right = predictions.filter(({ label, predicted }) => label === predicted).length;
  const gradCam = examples.length > 0 && (await gradCamFits(network, examples[0]!));
  return { classes, split, accuracy: right / predictions.length, predictions, gradCam };
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
