/**
 * The network as a row of blocks from the input to the head. Each is a switch: frozen or moving, by pointer or keyboard;
 * it says so in words, and frozen ones are hatched, so that colour is only one of the signs.
 */
import { svg } from '@attune/demo-parts/page';
import type { Group, PlanView } from '../api.ts';

const [BLOCK, GAP, HEIGHT, LABELS] = [96, 30, 120, 46];
const LEAST_HEIGHT = 44;

/** @param onToggle Told the name of a group that is to change. */
export function networkDrawing(view: PlanView, onToggle: (group: string) => void): SVGSVGElement {
  const { groups } = view;
  const width = groups.length * (BLOCK + GAP) - GAP + 8;
  const most = Math.log(Math.max(...groups.map(({ values }) => values + 1)));
  return svg(
    'svg',
    { width, height: HEIGHT + LABELS + 8, viewBox: `0 0 ${width} ${HEIGHT + LABELS + 8}` },
    groups.map((group, i) => {
      const left = 4 + i * (BLOCK + GAP);
      const arrow = `M${left - GAP + 4} ${HEIGHT / 2 + 4}h${GAP - 10}m-6 -5l6 5l-6 5`;
      return [i > 0 ? svg('path', { class: 'arrow', d: arrow }) : [], block(group, left, most, onToggle)];
    }),
  );
}

function block(group: Group, left: number, most: number, onToggle: (group: string) => void): SVGGElement {
  const { name, values, moves } = group;
  const height = LEAST_HEIGHT + (HEIGHT - LEAST_HEIGHT) * (most > 0 ? Math.log(values + 1) / most : 0);
  const top = 4 + (HEIGHT - height) / 2;
  const middle = left + BLOCK / 2;
  const hatch = moves
    ? []
    : Array.from({ length: 5 }, (_, i) =>
        svg('path', {
          class: 'crystal',
          d: `M${left + 8 + i * 17} ${top + height - 5}L${left + 20 + i * 17} ${top + 5}`,
        }),
      );
  const made = svg(
    'g',
    {
      role: 'switch',
      tabindex: 0,
      'aria-checked': String(moves),
      'aria-label': `${name}, ${values.toLocaleString('en')} parameters, ${moves ? 'moves' : 'frozen'}`,
      'data-group': name,
    },
    svg('rect', { x: left, y: top, width: BLOCK, height, rx: 9 }),
    hatch,
    svg('text', { class: 'inside', x: middle, y: 4 + HEIGHT / 2 + 4 }, moves ? 'moves' : 'frozen'),
    svg('text', { x: middle, y: HEIGHT + 24 }, name),
    svg('text', { class: 'amount', x: middle, y: HEIGHT + 42 }, values.toLocaleString('en')),
  );
  made.addEventListener('click', () => onToggle(name));
  made.addEventListener('keydown', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    onToggle(name);
  });
  return made;
}
