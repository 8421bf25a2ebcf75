/** How warnings speak of examples and classes, whose names may hold anything. */

/** Names that a list gives before it says how many more there are. */
const NAMED = 3;
/** Characters of a name that are shown: it may be a whole text by mistake. */
const LONGEST_NAME = 200;

/** `1 image is`, `2 images are`. */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** The first names, quoted, and how many more there are. */
export function listNames(names: readonly string[]): string {
  const some = names.slice(0, NAMED).map((name) => `'${printable(name)}'`);
  if (names.length > NAMED) return `${some.join(', ')} and ${names.length - NAMED} more`;
  return [some.slice(0, -1).join(', '), ...some.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** Without line breaks and terminal escapes, and cut. */
export function printable(name: string): string {
  const plain = name.replace(/\p{Cc}+/gu, ' ');
  return plain.length > LONGEST_NAME ? `${plain.slice(0, LONGEST_NAME)}...` : plain;
}

/** Groups of two and more items of the same key. Few items have an equal, so that most are only counted. */
export function equalItems<Item>(items: readonly Item[], key: (item: Item) => string): Item[][] {
  const firsts = new Map<string, Item>();
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const own = key(item);
    const first = firsts.get(own);
    const group = groups.get(own);
    if (group) group.push(item);
    else if (first !== undefined) groups.set(own, [first, item]);
    else firsts.set(own, item);
  }
  return [...groups.values()];
}
