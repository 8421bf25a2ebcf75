/** Patterns of parameter names: `*` stands for any characters, and what it stood for can be put into another name. */

/** Whether a name fits one of the patterns. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matchPattern(name, pattern) !== undefined);
}

/** What each `*` of the pattern stands for in the name, as short as can be; undefined when the name does not fit. */
export function matchPattern(name: string, pattern: string): string[] | undefined {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return name === first ? [] : undefined;
  if (!name.startsWith(first)) return undefined;
  const last = rest.pop()!;
  const end = name.length - last.length;
  if (end < first.length || !name.endsWith(last)) return undefined;
  const captured: string[] = [];
  let position = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, position);
    if (found < 0 || found + piece.length > end) return undefined;
    captured.push(name.slice(position, found));
    position = found + piece.length;
  }
  return [...captured, name.slice(position, end)];
}

/** The pattern with each `*` replaced by what was captured, in order. */
export function fillPattern(pattern: string, captured: readonly string[]): string {
  let next = 0;
  return pattern.replaceAll('*', () => captured[next++] ?? '');
}
