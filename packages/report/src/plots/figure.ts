/**
 * A plot as a value, and what all plots share: size, frame, words for those who do not see it, and the document that it is
 * drawn with, a browser's or (in `@attune/report/node`) one in memory. Observable Plot draws; decision 0010 says why.
 */
import * as Plot from '@observablehq/plot';
import { PLOT_STYLE } from './theme.ts';

/** The little of a document that plots need; a browser's `document` is one. */
export interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}

export interface SvgElement {
  readonly outerHTML: string;
  textContent: string | null;
  setAttribute(name: string, value: string): void;
  append(child: unknown): void;
  prepend(child: unknown): void;
}

export interface Figure {
  readonly title: string;
  /** What it shows, in words and with its numbers. */
  readonly description: string;
  /** Draws it: an `svg` element, which needs nothing from elsewhere and follows light and dark. */
  draw(document: SvgDocument): SvgElement;
}

export interface FigureOptions {
  readonly title: string;
  /** Pixels, the legend left out. Default: 440 x 260 or as its kind needs. */
  readonly width?: number;
  readonly height?: number;
}

/** Side of a text's line, and the mean width of a character, pixels. */
export const LINE = 16;
export const CHARACTER = 6.6;

/** Room above the plot for its title. */
export const TITLE_HEIGHT = 40;

const SVG = 'http://www.w3.org/2000/svg';

/** What Plot gives back: the element, and the scales that it used. */
export interface DrawnPlot extends SvgElement {
  scale(name: 'x' | 'y'): { apply(value: number | string): number };
}

/** Plot, with our document, fonts and frame; the title is written into the room above. */
export function drawPlot(
  document: SvgDocument,
  figure: Pick<Figure, 'title' | 'description'>,
  options: Plot.PlotOptions,
) {
  const { title, description } = figure;
  const svg = Plot.plot({
    marginTop: TITLE_HEIGHT,
    marginBottom: 44,
    ...options,
    className: 'attune-plot',
    document: document as never,
  }) as unknown as DrawnPlot;
  svg.setAttribute('xmlns', SVG);
  svg.setAttribute('role', 'img');
  svg.setAttribute('font-size', '12');
  const heading = element(document, 'text', {
    x: 14,
    y: 22,
    'text-anchor': 'start',
    'font-weight': 600,
    'font-size': 14,
  });
  heading.textContent = title;
  svg.append(heading);
  svg.prepend(element(document, 'rect', { class: 'back', width: '100%', height: '100%', rx: 8 }));
  svg.prepend(withText(element(document, 'style', {}), PLOT_STYLE));
  svg.prepend(withText(element(document, 'desc', {}), description));
  svg.prepend(withText(element(document, 'title', {}), title));
  return svg;
}

export function element(
  document: SvgDocument,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
): SvgElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

export function withText(made: SvgElement, text: string): SvgElement {
  made.textContent = text;
  return made;
}

/** The drawn figure as the text of an `.svg` file: coordinates to a hundredth of a pixel, no character that XML forbids. */
export function svgText(figure: Figure, document: SvgDocument): string {
  const drawn = figure.draw(document).outerHTML;
  return drawn
    .replace(/ (?:transform|c?[xy][12]?)="[^"]*"/g, (place) => place.replace(/(\.\d\d)\d+/g, '$1'))
    .replace(FORBIDDEN, ' ');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const FORBIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** A name in at most so many characters. */
export function shortened(name: string, characters: number): string {
  return name.length > characters ? `${name.slice(0, characters - 1)}…` : name;
}
