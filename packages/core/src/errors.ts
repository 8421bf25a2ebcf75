/** Errors that a user can put right, and the guesses that go into their messages. */

/** C0 and C1 control characters: a file name may hold terminal escapes, and a message must stay on one line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * Bad arguments or bad input: the program prints `message`, one line that says what is wrong, where, and what to do,
 * and ends with exit status 2. Everything else that is thrown is a failure of the program (exit status 1).
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly exitStatus = 2;
  /** What to do about it; already part of `message`. */
  readonly hint: string | undefined;

  /**
   * @param what What is wrong, and where: a sentence.
   * @param hint What to do about it: a sentence, appended to the message.
   */
  constructor(what: string, hint?: string, options?: { readonly cause?: unknown }) {
    super((hint === undefined ? what : `${what} ${hint}`).replace(CONTROL_CHARACTERS, ' '), options);
    this.hint = hint;
  }
}

/** True for a UserError of any copy of this module: the class may have been loaded twice, from source and from dist. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError';
}

/**
 * The candidates that a mistyped `name` most likely meant, best first: those within an edit distance of a third of its
 * length (at least 2), then those that hold it, lie in it, or begin like it. Case does not count.
 */
export function nearestNames(name: string, candidates: Iterable<string>, limit = 3): string[] {
  const wanted = name.toLowerCase();
  const bound = Math.max(2, Math.floor(wanted.length / 3));
  const ranked: { candidate: string; rank: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const other = candidate.toLowerCase();
    const distance = editDistance(wanted, other);
    const shorter = Math.min(wanted.length, other.length);
    const holds = shorter >= 3 && (other.includes(wanted) || wanted.includes(other));
    const partial = holds || sharedStart(wanted, other) >= Math.max(4, 0.7 * shorter);
    if (distance <= bound && distance < Math.max(wanted.length, other.length))
      ranked.push({ candidate, rank: distance });
    else if (partial) ranked.push({ candidate, rank: bound + 1 });
  }
  // A stable sort keeps the candidates' own order among equals.
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** The sentence `Did you mean a, b or c?`, or the list of everything there is when nothing comes near. */
export function suggestNames(name: string, candidates: Iterable<string>): string {
  const all = [...candidates];
  const near = nearestNames(name, all);
  if (near.length > 0) return `Did you mean ${joinWithOr(near)}?`;
  return all.length === 0 ? 'There is nothing to choose from.' : `Choose from: ${all.join(', ')}.`;
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

function joinWithOr(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** Edits that turn `a` into `b`: insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, beforeLast[j - 2]! + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
