/** An explanation map over its image: where nothing speaks for the answer the image is dark. */
import type { ExplanationMap } from '../api.ts';

/** Share of the light that the places without weight keep. */
const DARKEST = 0.18;

export function drawHeat(
  canvas: HTMLCanvasElement,
  picture: ImageBitmap,
  { width, height, values }: ExplanationMap,
): void {
  const shade = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  // Black of an opacity: brightness is what is left, so that the map can be read without seeing colours.
  for (const [i, value] of values.entries()) pixels.data[4 * i + 3] = Math.round(255 * (1 - DARKEST) * (1 - value));
  shade.getContext('2d')!.putImageData(pixels, 0, 0);
  const context = canvas.getContext('2d')!;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  context.drawImage(shade, 0, 0, canvas.width, canvas.height);
}
