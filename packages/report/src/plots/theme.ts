/**
 * Colours, dashes and symbols. The colours are told apart with any colour vision (after Okabe and Ito 2008), darkened or
 * lightened for contrast; they are variables of a style sheet inside each plot, so that one file follows light and dark.
 * Series differ in their symbols and dashes too: twelve can be told apart, in grey as well.
 */

export const COLOURS = 6;

const LIGHT =
  '--back:#fff;--ink:#1d2126;--pale:#5b646e;--rule:#dfe3e6;--good:#2271b1;--bad:#c44e14;--c0:#0a6fb5;--c1:#c4500f;--c2:#08805c;--c3:#a3458a;--c4:#7a6a00;--c5:#4d5a68';
const DARK =
  '--back:#1c2024;--ink:#e6e9ec;--pale:#9aa5af;--rule:#343b42;--good:#56a3e1;--bad:#ee8446;--c0:#5bb0ee;--c1:#f0935a;--c2:#3fc79b;--c3:#dd8fc8;--c4:#d8c75a;--c5:#a9b6c3';

/** Goes into every plot, and is the same in each. */
export const PLOT_STYLE =
  `.attune-plot{${LIGHT};color:var(--ink);--plot-background:var(--back)}` +
  `@media(prefers-color-scheme:dark){.attune-plot{${DARK}}}` +
  '.attune-plot .back{fill:var(--back)}';

export interface SeriesStyle {
  readonly colour: string;
  readonly dashes: string;
  readonly symbol: 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'cross' | 'wye';
}

const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'cross', 'wye'] as const;
const DASHES = ['none', '7 4', '2 3'] as const;

/** @param index Of the series, from 0. Colours come again after 6 with the next dashes, symbols after 7. */
export function seriesStyle(index: number): SeriesStyle {
  return {
    colour: `var(--c${index % COLOURS})`,
    dashes: DASHES[Math.floor(index / COLOURS) % DASHES.length]!,
    symbol: SYMBOLS[index % SYMBOLS.length]!,
  };
}
