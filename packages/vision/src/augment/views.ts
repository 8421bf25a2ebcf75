/** Test-time augmentation: several views of an image, whose probabilities are averaged. */
import { suggestNames, UserError } from '@attune/core';
import type { Pixels } from '../images/decode.ts';
import type { Box } from './crop.ts';
import { centreBox, resample } from './crop.ts';

/** One look at an image: a square of the network's size at a corner or the centre, mirrored or not. */
export interface View {
  readonly at: 'centre' | 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';
  readonly mirrored: boolean;
}

/**
 * `centre`: one look, as in training's validation. `flip`: the centre and its mirror image. `five-crop+flip`: the four
 * corners and the centre, each mirrored too: ten looks (Krizhevsky et al. 2012, section 4.1).
 */
export type ViewsName = 'centre' | 'flip' | 'five-crop+flip';

const PLACES = ['centre', 'top-left', 'top-right', 'bottom-left', 'bottom-right'] as const;
const bothWays = (at: View['at']): View[] => [false, true].map((mirrored) => ({ at, mirrored }));

const VIEWS: Readonly<Record<ViewsName, readonly View[]>> = {
  centre: [{ at: 'centre', mirrored: false }],
  flip: bothWays('centre'),
  'five-crop+flip': PLACES.flatMap(bothWays),
};

export const VIEWS_NAMES = Object.keys(VIEWS) as readonly ViewsName[];

/** @throws UserError for a name that there is not. */
export function viewsOf(name: ViewsName): readonly View[] {
  if (!Object.hasOwn(VIEWS, name))
    throw new UserError(`There are no views '${name}'.`, suggestNames(name, VIEWS_NAMES));
  return VIEWS[name];
}

/** [size, size, 3], values in 0..255. */
export function viewOf(image: Pixels, size: number, { at, mirrored }: View): Float32Array {
  const centre = centreBox(image, size);
  return resample(image, at === 'centre' ? centre : cornerBox(image, centre, at), size, mirrored);
}

function cornerBox({ width, height }: Pixels, box: Box, at: Exclude<View['at'], 'centre'>): Box {
  return {
    ...box,
    left: at.endsWith('left') ? 0 : width - box.width,
    top: at.startsWith('top') ? 0 : height - box.height,
  };
}
