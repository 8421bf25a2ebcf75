/** A table as a value: what the terminal, Markdown and the page show is the same cells. */

export interface Cell {
  readonly text: string;
  /** The best of those that it is compared with. */
  readonly best?: boolean;
}

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

export interface Table {
  readonly columns: readonly Column[];
  /** As many cells as there are columns. */
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * A table of texts and numbers. A column is aligned right when every cell of it that is not empty begins with a number,
 * left otherwise.
 */
export function plainTable(titles: readonly string[], rows: readonly (readonly (string | number | Cell)[])[]): Table {
  const cells = rows.map((row) => titles.map((_, i) => cellOf(row[i] ?? '')));
  const columns = titles.map((title, i): Column => {
    const filled = cells.map((row) => row[i]!.text).filter((text) => !EMPTY.has(text));
    return { title, align: filled.length > 0 && filled.every((text) => NUMBER.test(text)) ? 'right' : 'left' };
  });
  return { columns, rows: cells };
}

/** What stands where there is no value. */
export const NO_VALUE = '–';

const EMPTY: ReadonlySet<string> = new Set(['', '-', NO_VALUE]);
const NUMBER = /^[+\-−]?\d/;

function cellOf(value: string | number | Cell): Cell {
  return typeof value === 'object' ? value : { text: String(value) };
}
