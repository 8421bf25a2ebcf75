/** Labelled paragraphs: a word at the margin, and text beside it that is broken where the terminal ends. */

/** Columns that text is laid out for: those of the terminal, within what is pleasant to read; 80 where there is none. */
export function textWidth(columns = process.stdout.columns): number {
  return Math.min(Math.max(columns || 80, 40), 120);
}

/** Column at which the text of a paragraph begins. */
const INDENT = 10;

/** `label` and `text`, on lines of at most `width` characters; a word that is longer stands alone. */
export function paragraph(label: string, text: string, width = textWidth()): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (INDENT + line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, i) => `${(i === 0 ? label : '').padEnd(INDENT)}${line}`).join('\n');
}
