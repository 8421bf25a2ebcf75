/** Finding a key that a JSON object holds twice, which `JSON.parse` passes over in silence. */

/**
 * The first key, at any depth, that its object holds twice, with escapes resolved; undefined when there is none.
 * @param text JSON that `JSON.parse` has accepted.
 */
export function duplicateKey(text: string): string | undefined {
  // One set for each open object, null for each open array.
  const open: (Set<string> | null)[] = [];
  let lastString: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      lastString = text.slice(start, i + 1);
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      // Outside of strings a colon only ever follows a key.
      const key = JSON.parse(lastString!) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}
