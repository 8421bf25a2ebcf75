/** A table as aligned text. Widths are those on a terminal: Chinese characters and emoji take two places, accents none. */
import stringWidth from 'string-width';
import type { Table } from './table.ts';

const GAP = '  ';

/** @param options.bold Marks the best cells with the terminal's bold; else with a star behind them. Default: false. */
export function terminalText({ columns, rows }: Table, { bold = false }: { readonly bold?: boolean } = {}): string {
  const marks = columns.map((_, i) => !bold && rows.some((row) => row[i]!.best));
  const cells = rows.map((row) =>
    row.map(({ text, best }, i) => ({
      text: `${printable(text)}${marks[i] ? (best ? '*' : ' ') : ''}`,
      bold: bold && best === true,
    })),
  );
  const heads = columns.map(({ title }, i) => ({ text: `${printable(title)}${marks[i] ? ' ' : ''}`, bold: false }));
  const lines = [heads, ...cells];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => stringWidth(line[i]!.text))));
  return lines
    .map((line) =>
      line
        .map(({ text, bold: isBold }, i) => {
          const space = ' '.repeat(widths[i]! - stringWidth(text));
          const shown = isBold ? `\u001b[1m${text}\u001b[22m` : text;
          return columns[i]!.align === 'right' ? `${space}${shown}` : `${shown}${space}`;
        })
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** Without control characters: a name from a file must not move the cursor or recolour the screen. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ');
}
