/**
 * Products of tall matrices in double precision: what every score's covariances and distances are made of. A matrix is
 * read through strides, so that X X' and X' X are one routine; pieces are copied into small panels (Goto and van de
 * Geijn 2008, "Anatomy of high-performance matrix multiplication"), which a kernel of 4 x 4 sums in registers multiplies.
 * Each entry is summed in the same order wherever it lies, so that equal rows have exactly equal products.
 */

/** A matrix [rows, depth] inside an array, whose depth is summed over. */
export interface MatrixView {
  readonly values: Float32Array | Float64Array;
  readonly rows: number;
  readonly depth: number;
  /** Array elements from one row to the next. */
  readonly rowStride: number;
  /** Array elements from one position of the depth to the next. */
  readonly depthStride: number;
  /** Index of the first element. Default 0. */
  readonly start?: number;
  /** Subtracted from each row's elements [rows], to centre them. */
  readonly centre?: Float64Array;
}

/** Depth of a panel: 4 rows of it are 4 KB, so that a tile's eight rows stay in the first-level cache. */
const PANEL_DEPTH = 128;
/** Rows of a panel: 512 KB in all. */
const PANEL_ROWS = 512;

/** The rows of X [count, size] as they lie. */
export function rowsOf(values: Float32Array | Float64Array, count: number, size: number): MatrixView {
  return { values, rows: count, depth: size, rowStride: size, depthStride: 1 };
}

/** The columns of X [count, size], each a row of the view; the mean of each may be taken off. */
export function columnsOf(
  values: Float32Array | Float64Array,
  count: number,
  size: number,
  centre?: Float64Array,
): MatrixView {
  return { values, rows: size, depth: count, rowStride: 1, depthStride: size, ...(centre && { centre }) };
}

/** Adds A B' [a.rows, b.rows] to `out`. */
export function addProducts(out: Float64Array, a: MatrixView, b: MatrixView): void {
  const panelA = panelFor(a);
  const panelB = panelFor(b);
  for (let depth = 0; depth < a.depth; depth += PANEL_DEPTH) {
    for (let i = 0; i < a.rows; i += PANEL_ROWS) {
      const rowsA = pack(a, i, depth, panelA);
      for (let j = 0; j < b.rows; j += PANEL_ROWS) {
        const rowsB = pack(b, j, depth, panelB);
        for (let s = 0; s < rowsA; s += 4)
          for (let t = 0; t < rowsB; t += 4) addTile(out, b.rows, panelA, panelB, s, t, i, j, rowsA, rowsB);
      }
    }
  }
}

/** Adds A A' [a.rows, a.rows], symmetric, to `out`; half of the work of `addProducts(out, a, a)`. */
export function addGram(out: Float64Array, a: MatrixView): void {
  const n = a.rows;
  const panelA = panelFor(a);
  const panelB = panelFor(a);
  // Diagonal blocks of `out` may hold sums of earlier calls above the diagonal: the lower half alone is added to, then
  // mirrored.
  for (let depth = 0; depth < a.depth; depth += PANEL_DEPTH) {
    for (let i = 0; i < n; i += PANEL_ROWS) {
      const rowsA = pack(a, i, depth, panelA);
      for (let j = 0; j <= i; j += PANEL_ROWS) {
        const other = j === i ? panelA : panelB;
        const rowsB = j === i ? rowsA : pack(a, j, depth, panelB);
        for (let s = 0; s < rowsA; s += 4) {
          const end = j === i ? s + 1 : rowsB;
          for (let t = 0; t < end; t += 4) addTile(out, n, panelA, other, s, t, i, j, rowsA, rowsB);
        }
      }
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j]!;
}

function panelFor(view: MatrixView): Float64Array {
  return new Float64Array((Math.min(view.rows, PANEL_ROWS) + 3) * PANEL_DEPTH);
}

/** Copies a piece of the view into the panel, with zeros where the depth ends or a tile is not full; gives its rows. */
function pack(view: MatrixView, row: number, depth: number, panel: Float64Array): number {
  const rows = Math.min(view.rows - row, PANEL_ROWS);
  const length = Math.min(view.depth - depth, PANEL_DEPTH);
  const { values, rowStride, depthStride, centre, start = 0 } = view;
  if (length < PANEL_DEPTH) panel.fill(0);
  else panel.fill(0, rows * PANEL_DEPTH);
  const from = start + row * rowStride + depth * depthStride;
  if (depthStride === 1) {
    for (let i = 0; i < rows; i++) {
      const mean = centre === undefined ? 0 : centre[row + i]!;
      const base = from + i * rowStride;
      const to = i * PANEL_DEPTH;
      for (let k = 0; k < length; k++) panel[to + k] = values[base + k]! - mean;
    }
  } else {
    for (let k = 0; k < length; k++) {
      const base = from + k * depthStride;
      for (let i = 0; i < rows; i++) {
        const mean = centre === undefined ? 0 : centre[row + i]!;
        panel[i * PANEL_DEPTH + k] = values[base + i * rowStride]! - mean;
      }
    }
  }
  return rows;
}

/** Adds the products of rows s..s+3 of panel A with rows t..t+3 of panel B to `out` at (i + s, j + t). */
function addTile(
  out: Float64Array,
  width: number,
  panelA: Float64Array,
  panelB: Float64Array,
  s: number,
  t: number,
  i: number,
  j: number,
  rowsA: number,
  rowsB: number,
): void {
  const a0 = s * PANEL_DEPTH;
  const a1 = a0 + PANEL_DEPTH;
  const a2 = a1 + PANEL_DEPTH;
  const a3 = a2 + PANEL_DEPTH;
  const b0 = t * PANEL_DEPTH;
  const b1 = b0 + PANEL_DEPTH;
  const b2 = b1 + PANEL_DEPTH;
  const b3 = b2 + PANEL_DEPTH;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let k = 0; k < PANEL_DEPTH; k++) {
    const y0 = panelB[b0 + k]!;
    const y1 = panelB[b1 + k]!;
    const y2 = panelB[b2 + k]!;
    const y3 = panelB[b3 + k]!;
    let x = panelA[a0 + k]!;
    s00 += x * y0;
    s01 += x * y1;
    s02 += x * y2;
    s03 += x * y3;
    x = panelA[a1 + k]!;
    s10 += x * y0;
    s11 += x * y1;
    s12 += x * y2;
    s13 += x * y3;
    x = panelA[a2 + k]!;
    s20 += x * y0;
    s21 += x * y1;
    s22 += x * y2;
    s23 += x * y3;
    x = panelA[a3 + k]!;
    s30 += x * y0;
    s31 += x * y1;
    s32 += x * y2;
    s33 += x * y3;
  }
  const columns = Math.min(rowsB - t, 4);
  addRow(out, (i + s) * width + j + t, columns, s00, s01, s02, s03);
  if (s + 1 < rowsA) addRow(out, (i + s + 1) * width + j + t, columns, s10, s11, s12, s13);
  if (s + 2 < rowsA) addRow(out, (i + s + 2) * width + j + t, columns, s20, s21, s22, s23);
  if (s + 3 < rowsA) addRow(out, (i + s + 3) * width + j + t, columns, s30, s31, s32, s33);
}

function addRow(out: Float64Array, at: number, columns: number, a: number, b: number, c: number, d: number): void {
  out[at] = out[at]! + a;
  if (columns > 1) out[at + 1] = out[at + 1]! + b;
  if (columns > 2) out[at + 2] = out[at + 2]! + c;
  if (columns > 3) out[at + 3] = out[at + 3]! + d;
}
