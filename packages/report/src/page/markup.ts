/** HTML and SVG as strings: elements whose attributes and texts are escaped, so that a file name cannot become a script. */

/** Markup that is safe to put into a page as it is. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number | null | readonly Child[];

/** Elements without an end tag in HTML; SVG's are written the same way, with `/`. */
const EMPTY = new Set(['meta', 'img', 'br', 'line', 'path', 'circle', 'rect']);

export type Attributes = Readonly<Record<string, string | number | null>>;

/** An element; attributes that are null are left out, children that are strings are escaped. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${escapeText(String(value))}"`)
    .join('');
  if (EMPTY.has(name) && children.length === 0) return { markup: `<${name}${written}/>` };
  return { markup: `<${name}${written}>${render(children)}</${name}>` };
}

export function render(child: Child): string {
  if (child === null) return '';
  if (typeof child === 'string') return escapeText(child);
  if (typeof child === 'number') return String(child);
  if ('markup' in child) return child.markup;
  return child.map(render).join('');
}

export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
