/** Images as the tensor that a network sees. */
import { type ImageNetwork, tf } from '@attune/core';
import { centreView, type Example, imageLength, preprocess } from '@attune/vision';

/** Numbers of one image, [size, size, channels], preprocessed. */
export async function networkInput({ preprocessing }: ImageNetwork, example: Example): Promise<Float32Array> {
  const values = new Float32Array(imageLength(preprocessing));
  preprocess(centreView(await example.pixels(), preprocessing.size), preprocessing, values, 0);
  return values;
}

/** `rows` images, of which there may be fewer: the rest is zeros, as another shape would be another trace. */
export function imageTensor({ preprocessing: { size, channels } }: ImageNetwork, images: Float32Array, rows: number) {
  const depth = channels === 'gray' ? 1 : 3;
  const padded = new Float32Array(rows * size * size * depth);
  padded.set(images);
  return tf.tensor4d(padded, [rows, size, size, depth]);
}
