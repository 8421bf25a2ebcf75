/** Texts of a data set on a terminal: on one line, without escapes, and not longer than is pleasant. */
const LONGEST = 100;

export function shownText(text: string, pair?: string): string {
  const both = pair === undefined ? text : `${text} | ${pair}`;
  const plain = both.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST - 3)}...` : plain;
}
