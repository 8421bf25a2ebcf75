/**
 * Outlines as signed distance functions: negative inside, positive outside, in units of the shape's radius, so that an
 * edge can be drawn anti-aliased at any size. The formulas are the classic ones of constructive solid geometry; where a
 * shape is a union or a difference, the distance is a bound, and right at the edge, which is all that drawing needs.
 */

/** Distance from (x, y), y pointing down, to the edge of a shape of radius about 1 around the origin. */
export type Outline = (x: number, y: number) => number;

const box = (x: number, y: number, halfWidth: number, halfHeight: number): number => {
  const dx = Math.abs(x) - halfWidth;
  const dy = Math.abs(y) - halfHeight;
  return Math.hypot(Math.max(dx, 0), Math.max(dy, 0)) + Math.min(Math.max(dx, dy), 0);
};

export const disc: Outline = (x, y) => Math.hypot(x, y) - 0.95;

export const square: Outline = (x, y) => box(x, y, 0.8, 0.8);

export const ring: Outline = (x, y) => Math.abs(Math.hypot(x, y) - 0.75) - 0.22;

export const cross: Outline = (x, y) => Math.min(box(x, y, 0.95, 0.28), box(x, y, 0.28, 0.95));

export const crescent: Outline = (x, y) => Math.max(Math.hypot(x, y) - 0.95, 0.8 - Math.hypot(x - 0.45, y));

export const halfDisc: Outline = (x, y) => Math.max(Math.hypot(x, y + 0.4) - 1, -(y + 0.4));

export const frame: Outline = (x, y) => Math.abs(box(x, y, 0.68, 0.68)) - 0.2;

export const arrow: Outline = (x, y) =>
  Math.min(box(x + 0.35, y, 0.6, 0.22), Math.max(Math.abs(y) * 0.77 + (x - 0.95) * 0.64, 0.05 - x));

/** A square on its corner with a disc on each of its upper sides. */
export const heart: Outline = (x, y) => {
  const side = Math.abs(x);
  const lobe = Math.hypot(side - 0.354, y + 0.25) - 0.5;
  const body = (side + Math.abs(y - 0.104)) * Math.SQRT1_2 - 0.5;
  return Math.min(lobe, body);
};

/** A regular polygon, one corner pointing up. */
export const polygon = (corners: number): Outline => {
  const sector = (2 * Math.PI) / corners;
  return (x, y) => {
    const angle = Math.atan2(x, -y);
    const folded = Math.abs(angle - sector * Math.round(angle / sector));
    return Math.hypot(x, y) * Math.cos(sector / 2 - folded) - Math.cos(sector / 2);
  };
};

/** A star of that many points; its inner corners lie at radius `inner`. */
export const star = (points: number, inner: number): Outline => {
  const sector = Math.PI / points;
  // The edge from an outer corner, straight up, to the inner corner beside it.
  const [edgeX, edgeY] = [inner * Math.sin(sector), 1 - inner * Math.cos(sector)];
  const length = Math.hypot(edgeX, edgeY);
  return (x, y) => {
    const angle = Math.atan2(x, -y);
    const folded = Math.abs(angle - 2 * sector * Math.round(angle / (2 * sector)));
    const radius = Math.hypot(x, y);
    return (radius * Math.sin(folded) * edgeY - (1 - radius * Math.cos(folded)) * edgeX) / length;
  };
};
