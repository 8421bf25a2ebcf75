/** Matrices row after row in the layouts of files. */

/** Of `rows` x `columns` the matrix of `columns` x `rows`. */
export function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  return result;
}

/** Cuts a matrix into as many of the same rows, its columns shared out in order. */
export function columnParts(values: Float32Array, rows: number, columns: number, parts: number): Float32Array[] {
  const width = columns / parts;
  return Array.from({ length: parts }, (_, part) => {
    const result = new Float32Array(rows * width);
    for (let i = 0; i < rows; i++) {
      const start = i * columns + part * width;
      result.set(values.subarray(start, start + width), i * width);
    }
    return result;
  });
}

/** The reverse of `columnParts`. */
export function joinColumns(parts: readonly Float32Array[], rows: number): Float32Array {
  const width = parts[0]!.length / rows;
  const result = new Float32Array(rows * width * parts.length);
  for (let i = 0; i < rows; i++)
    for (const [part, values] of parts.entries())
      result.set(values.subarray(i * width, (i + 1) * width), (i * parts.length + part) * width);
  return result;
}
