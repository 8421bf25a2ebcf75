/**
 * The generated image tasks. `shapes` is what the embedded network is pre-trained on; `similar` has other shapes and another
 * texture drawn the same way, so that what was learnt on `shapes` helps; `different` has spectrograms of short sounds, which
 * share nothing with it but the size. Colours, places, sizes, turns, background and clutter say nothing about the class.
 */
import type { Random } from '@attune/core';
import type { Colour, Fill } from './canvas.ts';
import { Canvas, checks, dots, stripes, zigzag } from './canvas.ts';
import type { Outline } from './shapes.ts';
import { arrow, crescent, cross, disc, frame, halfDisc, heart, polygon, ring, square, star } from './shapes.ts';
import { SOUNDS, spectrogram } from './spectrogram.ts';

/** Side of every picture, pixels. */
export const PICTURE_SIZE = 32;

export interface ImageTask {
  readonly name: string;
  readonly classes: readonly string[];
  /** A picture of the class, [32, 32, 3] bytes; everything that is not the class is drawn from `random`. */
  render(label: number, random: Random): Uint8Array;
}

/** A class of things to be drawn: an outline, or any of several with a fill that is the class. */
interface Thing {
  readonly outlines: readonly Outline[];
  readonly fill?: Fill;
}

const plain = (outline: Outline): Thing => ({ outlines: [outline] });
const textured = (fill: Fill): Thing => ({ outlines: [disc, square, polygon(6)], fill });

const SHAPES: Readonly<Record<string, Thing>> = {
  disc: plain(disc),
  square: plain(square),
  triangle: plain(polygon(3)),
  star: plain(star(5, 0.45)),
  ring: plain(ring),
  cross: plain(cross),
  crescent: plain(crescent),
  stripes: textured(stripes),
  checks: textured(checks),
  dots: textured(dots),
};

const SIMILAR: Readonly<Record<string, Thing>> = {
  arrow: plain(arrow),
  frame: plain(frame),
  'half-disc': plain(halfDisc),
  heart: plain(heart),
  zigzag: textured(zigzag),
};

export const TASKS: Readonly<Record<'shapes' | 'similar' | 'different', ImageTask>> = {
  shapes: thingTask('shapes', SHAPES),
  similar: thingTask('similar', SIMILAR),
  different: {
    name: 'different',
    classes: Object.keys(SOUNDS),
    render: (label, random) => spectrogram(Object.values(SOUNDS)[label]!, PICTURE_SIZE, random),
  },
};

function thingTask(name: string, things: Readonly<Record<string, Thing>>): ImageTask {
  const drawn = Object.values(things);
  return { name, classes: Object.keys(things), render: (label, random) => drawThing(drawn[label]!, random) };
}

/** Colours of a thing differ from the background's by at least this much in one channel. */
const LEAST_CONTRAST = 70;

function drawThing(thing: Thing, random: Random): Uint8Array {
  const canvas = new Canvas(PICTURE_SIZE);
  const background = anyColour(random);
  canvas.gradient(background, shaded(background, random), random.uniform(0, 2 * Math.PI));
  clutter(canvas, random);
  const place = {
    x: PICTURE_SIZE / 2 + random.uniform(-4, 4),
    y: PICTURE_SIZE / 2 + random.uniform(-4, 4),
    radius: random.uniform(8, 12),
    turn: random.uniform(-0.6, 0.6),
  };
  const outline = thing.outlines[random.integer(thing.outlines.length)]!;
  const ink = contrastingColour(background, random);
  if (thing.fill) canvas.shape(outline, place, ink, thing.fill, contrastingColour(ink, random));
  else canvas.shape(outline, place, ink);
  canvas.noise(random.uniform(4, 20), random);
  return canvas.toBytes();
}

/** Strokes and specks behind the thing. */
function clutter(canvas: Canvas, random: Random): void {
  for (let i = random.integer(5); i > 0; i--) {
    const length = random.uniform(1, 9);
    const stroke: Outline = (x, y) => Math.hypot(Math.max(Math.abs(x) - length, 0), y) - 1;
    const place = {
      x: random.uniform(0, canvas.size),
      y: random.uniform(0, canvas.size),
      radius: random.uniform(0.5, 1.3),
      turn: random.uniform(0, Math.PI),
    };
    canvas.shape(stroke, place, anyColour(random));
  }
}

function anyColour(random: Random): Colour {
  return [random.uniform(20, 235), random.uniform(20, 235), random.uniform(20, 235)];
}

function shaded(colour: Colour, random: Random): Colour {
  const by = random.uniform(-40, 40);
  return colour.map((value) => Math.min(Math.max(value + by, 0), 255)) as unknown as Colour;
}

function contrastingColour(other: Colour, random: Random): Colour {
  for (;;) {
    const colour = anyColour(random);
    if (colour.some((value, i) => Math.abs(value - other[i]!) >= LEAST_CONTRAST)) return colour;
  }
}
