/**
 * Eigenvalues of a symmetric matrix, and given columns in the basis of its eigenvectors: A = V diag(values) V', V' B.
 * Householder's reduction to three diagonals, then implicit QL steps (Golub and Van Loan, "Matrix Computations", 8.3).
 * The scores need V' B for a handful of columns and never V, so the reflections and rotations are applied to B: for m
 * columns that costs n * n * m instead of n * n * n. The reduction passes over the lower half of the matrix once a step:
 * each element is updated by the last reflection and multiplied by the next one's vector while it is at hand.
 */

export interface Spectrum {
  /** [n], in no particular order. */
  readonly values: Float64Array;
  /** V' B [n, columns]: row k belongs to eigenvalue k. */
  readonly projections: Float64Array;
}

/** QL steps an eigenvalue; two or three are usual. */
const MOST_STEPS = 60;

/**
 * @param matrix A [n, n]; its lower half is read. Not changed.
 * @param columns B [n, m], row after row. The unit matrix gives V'.
 * @throws RangeError for values that are not finite.
 */
export function symmetricSpectrum(
  matrix: Float64Array,
  n: number,
  columns: Float64Array = new Float64Array(0),
): Spectrum {
  for (const value of matrix)
    if (!Number.isFinite(value)) throw new RangeError('the matrix has values that are not finite');
  const projections = columns.slice();
  const { diagonal, below } = reduceToTridiagonal(matrix.slice(), n, projections);
  diagonalize(diagonal, below, projections);
  return { values: diagonal, projections };
}

/** `below[i]` couples i - 1 and i. The matrix is used up. */
function reduceToTridiagonal(a: Float64Array, n: number, b: Float64Array) {
  const diagonal = new Float64Array(n);
  const below = new Float64Array(n);
  let v = new Float64Array(n); // the last reflection I - v v' / h ...
  let w = new Float64Array(n); // ... which changes the matrix by -v w' - w v'
  let next = new Float64Array(n);
  let product = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    // Row i, as the last reflection leaves it.
    const row = i * n;
    for (let j = 0; j <= i; j++) a[row + j] = a[row + j]! - v[i]! * w[j]! - w[i]! * v[j]!;
    diagonal[i] = a[row + i]!;
    if (i === 0) break;
    // The reflection that turns what is left of the diagonal into a single element beside it.
    let largest = 0;
    for (let j = 0; j < i; j++) largest = Math.max(largest, Math.abs(a[row + j]!));
    let h = 0;
    next.fill(0);
    if (largest > 0) {
      let squares = 0;
      for (let j = 0; j < i; j++) {
        next[j] = a[row + j]! / largest;
        squares += next[j]! * next[j]!;
      }
      const last = next[i - 1]!;
      const length = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
      h = squares - last * length;
      below[i] = largest * length;
      next[i - 1] = last - length;
    }
    updateAndMultiply(a, n, i, v, w, next, product);
    if (h > 0) {
      let inner = 0;
      for (let j = 0; j < i; j++) inner += next[j]! * product[j]!;
      for (let j = 0; j < i; j++) product[j] = (product[j]! - (inner / (2 * h)) * next[j]!) / h;
      reflect(b, next, h, i);
    }
    product[i] = 0;
    [v, next] = [next, v];
    [w, product] = [product, w];
  }
  return { diagonal, below };
}

/** A -= v w' + w v' on the leading i rows, and `product` = A next with the new A. */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  i: number,
  v: Float64Array,
  w: Float64Array,
  next: Float64Array,
  product: Float64Array,
): void {
  product.fill(0);
  for (let r = 0; r < i; r++) {
    const row = r * n;
    const vr = v[r]!;
    const wr = w[r]!;
    const xr = next[r]!;
    let s0 = 0;
    let s1 = 0;
    let c = 0;
    for (; c + 1 < r; c += 2) {
      const first = a[row + c]! - vr * w[c]! - wr * v[c]!;
      const second = a[row + c + 1]! - vr * w[c + 1]! - wr * v[c + 1]!;
      a[row + c] = first;
      a[row + c + 1] = second;
      s0 += first * next[c]!;
      s1 += second * next[c + 1]!;
      product[c] = product[c]! + first * xr;
      product[c + 1] = product[c + 1]! + second * xr;
    }
    for (; c < r; c++) {
      const value = a[row + c]! - vr * w[c]! - wr * v[c]!;
      a[row + c] = value;
      s0 += value * next[c]!;
      product[c] = product[c]! + value * xr;
    }
    const corner = a[row + r]! - 2 * vr * wr;
    a[row + r] = corner;
    product[r] = product[r]! + s0 + s1 + corner * xr;
  }
}

/** B = (I - v v' / h) B on the leading rows. */
function reflect(b: Float64Array, v: Float64Array, h: number, rows: number): void {
  const m = b.length / v.length;
  const inner = new Float64Array(m);
  for (let r = 0; r < rows; r++) for (let c = 0; c < m; c++) inner[c] = inner[c]! + v[r]! * b[r * m + c]!;
  for (let r = 0; r < rows; r++) {
    const scale = v[r]! / h;
    for (let c = 0; c < m; c++) b[r * m + c] = b[r * m + c]! - scale * inner[c]!;
  }
}

/** Implicit QL steps with Wilkinson's shift until nothing couples the diagonal; each rotation also turns two rows of B. */
function diagonalize(d: Float64Array, below: Float64Array, b: Float64Array): void {
  const n = d.length;
  const m = n === 0 ? 0 : b.length / n;
  const e = new Float64Array(n); // couples i and i + 1
  for (let i = 1; i < n; i++) e[i - 1] = below[i]!;
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let end = l;
      while (end < n - 1 && Math.abs(e[end]!) > Number.EPSILON * (Math.abs(d[end]!) + Math.abs(d[end + 1]!))) end++;
      if (end === l) break;
      if (step === MOST_STEPS) throw new Error('the eigenvalues of a symmetric matrix were not found');
      const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      const root = Math.hypot(half, 1);
      let g = d[end]! - d[l]! + e[l]! / (half + (half >= 0 ? root : -root));
      let sine = 1;
      let cosine = 1;
      let shift = 0;
      let i = end - 1;
      for (; i >= l; i--) {
        const f = sine * e[i]!;
        const coupled = cosine * e[i]!;
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = d[i + 1]! - shift;
          e[end] = 0;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1]! - shift;
        const t = (d[i]! - g) * sine + 2 * cosine * coupled;
        shift = sine * t;
        d[i + 1] = g + shift;
        g = cosine * t - coupled;
        rotate(b, m, i, sine, cosine);
      }
      if (i >= l) continue;
      d[l] = d[l]! - shift;
      e[l] = g;
      e[end] = 0;
    }
  }
}

function rotate(b: Float64Array, m: number, i: number, sine: number, cosine: number): void {
  const first = i * m;
  const second = first + m;
  for (let c = 0; c < m; c++) {
    const x = b[first + c]!;
    const y = b[second + c]!;
    b[second + c] = sine * x + cosine * y;
    b[first + c] = cosine * x - sine * y;
  }
}
