/**
 * Occlusion (Zeiler and Fergus 2013, arXiv:1311.2901, section 4.2): a grey square is slid over the image; where the class's
 * probability falls most, the network was looking. It needs nothing of the network but its answers.
 */
import { compileStep, type ImageNetwork, tf } from '@attune/core';
import { breathe, frozen } from '@attune/demo-parts/worker';
import type { Example } from '@attune/vision';
import type { ExplanationMap } from '../api.ts';
import { scaled } from './grad-cam.ts';
import { imageTensor, networkInput } from './image-batch.ts';

/** Places along each side. */
const STEPS = 12;

/** The square's side, in shares of the image's. */
const SQUARE = 0.25;

const BATCH = 16;

export async function occlusion(network: ImageNetwork, example: Example, label: number): Promise<ExplanationMap> {
  const input = await networkInput(network, example);
  const { size } = network.preprocessing;
  const depth = input.length / (size * size);
  const step = compileStep((images: tf.Tensor4D) => tf.softmax(network.apply(images)), { name: 'occlusion' });
  // The image as it is comes first, then one for each place.
  const places = [null, ...Array.from({ length: STEPS * STEPS }, (_, i) => i)];
  const probabilities: number[] = [];
  try {
    await frozen(network, async () => {
      for (let first = 0; first < places.length; first += BATCH) {
        const some = places.slice(first, first + BATCH);
        const batch = new Float32Array(some.length * input.length);
        for (const [row, place] of some.entries()) {
          const own = batch.subarray(row * input.length, (row + 1) * input.length);
          own.set(input);
          if (place !== null) cover(own, size, depth, place);
        }
        const images = imageTensor(network, batch, BATCH);
        const output = await step.run(images);
        const values = await output.data();
        for (const row of some.keys()) probabilities.push(values[row * network.classes + label]!);
        tf.dispose([images, output]);
        await breathe();
      }
    });
  } finally {
    step.dispose();
  }
  const [whole, ...covered] = probabilities;
  return { width: STEPS, height: STEPS, values: scaled(Float32Array.from(covered, (value) => whole! - value)) };
}

/** Covers the square around place number `place` by the image's mean: 0 says nothing only to networks that were centred. */
function cover(image: Float32Array, size: number, depth: number, place: number): void {
  const side = Math.round(SQUARE * size);
  const corner = (step: number) => Math.round(((step + 0.5) / STEPS) * size - side / 2);
  const [top, left] = [corner(Math.floor(place / STEPS)), corner(place % STEPS)];
  const mean = new Array<number>(depth).fill(0);
  for (let i = 0; i < image.length; i++) mean[i % depth]! += (image[i]! * depth) / image.length;
  for (let y = Math.max(top, 0); y < Math.min(top + side, size); y++)
    for (let x = Math.max(left, 0); x < Math.min(left + side, size); x++)
      for (let c = 0; c < depth; c++) image[(y * size + x) * depth + c] = mean[c]!;
}
