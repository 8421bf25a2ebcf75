/**
 * Words of a text, for word-level networks. The conventions are those of the Penn Treebank, which GloVe's vectors and most
 * tokenised data sets follow: punctuation stands apart, `don't` is `do n't`, `film's` is `film 's`. Text that is already
 * tokenised comes out as it went in. One pass over the characters, without expressions that backtrack: the time is linear
 * in the length, whatever the text. No statistics and no dictionary, so that the same text has the same words everywhere;
 * scripts without spaces (Han, kana, Thai ...) are cut into characters, as BERT's first stage does with Han.
 */

export interface TokeniseOptions {
  /** Whether words are made lower-case. Default true. */
  readonly lowerCase?: boolean | undefined;
  /** Called for a word that was cut, with its whole length, UTF-16 code units. */
  readonly onCut?: ((length: number) => void) | undefined;
}

/** Longer words are no words (Base64, a file without spaces): what is past this is dropped. Code points. */
export const LONGEST_WORD = 64;

/** The words of a text, in their order. Form NFC; typographic apostrophes become straight ones. */
export function tokenise(given: string, { lowerCase = true, onCut }: TokeniseOptions = {}): string[] {
  const text = lowerCase ? given.toLowerCase() : given;
  const words: string[] = [];
  const add = (word: string) => words.push(word.normalize('NFC'));
  for (let start = 0; start < text.length; ) {
    const kind = kindAt(text, start);
    const end = endOf(text, start, kind);
    if (kind !== SPACE) {
      const kept = cutAt(text, start, end);
      if (kept < end) onCut?.(end - start);
      const token = text.slice(start, kept);
      if (kind === LETTER) for (const word of splitContractions(token.replaceAll('’', "'"))) add(word);
      else add(token.replaceAll('’', "'"));
    }
    start = end;
  }
  return words;
}

const SPACE = 0;
/** Letters, digits, and the marks and joiners that belong to them. */
const LETTER = 1;
/** A letter that is a word of its own. */
const CHARACTER = 2;
const PUNCTUATION = 3;

/** Scripts that are written without spaces between words. */
export const UNSPACED_SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'] as const;
const UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}]`, 'u');
const WORD = /[\p{L}\p{N}]/u;
const MARK = /\p{M}/u;
/** White space, control and format characters, halves of surrogate pairs. */
const BLANK = /[\s\p{Z}\p{Cc}\p{Cf}\p{Cs}]/u;

const ASCII_KINDS = Uint8Array.from({ length: 128 }, (_, code) => classify(String.fromCharCode(code)));

function kindAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 128) return ASCII_KINDS[code]!;
  return classify(String.fromCodePoint(text.codePointAt(at)!));
}

function classify(character: string): number {
  if (WORD.test(character)) return UNSPACED.test(character) ? CHARACTER : LETTER;
  // A mark without a letter before it is treated as one, and not lost.
  if (MARK.test(character)) return LETTER;
  return BLANK.test(character) ? SPACE : PUNCTUATION;
}

function endOf(text: string, start: number, kind: number): number {
  const next = start + lengthAt(text, start);
  if (kind === SPACE) return next;
  if (kind === CHARACTER) return marksEnd(text, next);
  if (kind === LETTER) return wordEnd(text, next);
  return contractionEnd(text, start) ?? bracketEnd(text, start) ?? runEnd(text, start, next);
}

/** A word goes on over `o'clock`, `well-made`, `1,000.5`, `10:30` and `u.s.`, and over no other punctuation. */
function wordEnd(text: string, from: number): number {
  let end = from;
  /** Where the letters since the last joiner began. */
  let part = from - 1;
  /** Whether nothing but initials with full stops came so far, and whether any did. */
  let initialsAlone = true;
  let abbreviation = false;
  for (;;) {
    while (end < text.length && kindAt(text, end) === LETTER) end += lengthAt(text, end);
    const joiner = text[end];
    const next = end + 1;
    const goesOn = next < text.length && kindAt(text, next) === LETTER;
    const digits = isDigit(text, end - 1) && isDigit(text, next);
    const initials = initialsAlone && joiner === '.' && end - part === 1 && isInitial(text[part]!);
    if (goesOn && (isJoiner(joiner) || (isSeparator(joiner) && digits))) initialsAlone = false;
    else if (goesOn && initials && !isLetter(text, next + 1)) abbreviation = true;
    else return abbreviation && initials ? next : end;
    part = next;
    end = next;
  }
}

const isJoiner = (character: string | undefined) =>
  character === "'" || character === '’' || character === '-' || character === '\u200c' || character === '\u200d';
const isSeparator = (character: string | undefined) => character === '.' || character === ',' || character === ':';
const isLetter = (text: string, at: number) => at < text.length && kindAt(text, at) === LETTER;

/** One letter, in lower case too, which the Turkish dotted capital I is not. */
function isInitial(letter: string): boolean {
  return !isDigit(letter, 0) && letter.toLowerCase().length === 1;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** The second halves of contractions that stand alone in tokenised text. */
const CLITICS = ['s', 'm', 'd', 'll', 're', 've', 't'];

/** The end of `'s`, `'ll` and so on, where no letter follows. */
function contractionEnd(text: string, start: number): number | undefined {
  if (text[start] !== "'" && text[start] !== '’') return undefined;
  for (const clitic of CLITICS) {
    const end = start + 1 + clitic.length;
    if (text.slice(start + 1, end).toLowerCase() === clitic && !isLetter(text, end)) return end;
  }
  return undefined;
}

/** Brackets as the Penn Treebank writes them. */
const BRACKETS = ['-lrb-', '-rrb-', '-lsb-', '-rsb-', '-lcb-', '-rcb-'];

function bracketEnd(text: string, start: number): number | undefined {
  if (text[start] !== '-') return undefined;
  return BRACKETS.includes(text.slice(start, start + 5).toLowerCase()) ? start + 5 : undefined;
}

/** The same sign again and again is one word: `...`, `--`, `!!!`. */
function runEnd(text: string, start: number, next: number): number {
  const sign = text.slice(start, next);
  let end = next;
  while (text.startsWith(sign, end) && contractionEnd(text, end) === undefined) end += sign.length;
  return marksEnd(text, end);
}

function marksEnd(text: string, from: number): number {
  let end = from;
  while (text.charCodeAt(end) >= 128 && MARK.test(String.fromCodePoint(text.codePointAt(end)!)))
    end += lengthAt(text, end);
  return end;
}

function lengthAt(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}

/** The end of what is kept of a word. */
function cutAt(text: string, start: number, end: number): number {
  if (end - start <= LONGEST_WORD) return end;
  let cut = start;
  for (let kept = 0; kept < LONGEST_WORD && cut < end; kept++) cut += lengthAt(text, cut);
  return cut;
}

/** `shouldn't've` as `should`, `n't`, `'ve`. */
function splitContractions(word: string): string[] {
  const ends: string[] = [];
  let stem = word;
  for (;;) {
    const length = contractionLength(stem);
    if (length === 0) return [stem, ...ends.reverse()];
    ends.push(stem.slice(-length));
    stem = stem.slice(0, -length);
  }
}

/** Length of the contraction that a word ends with and does not consist of, else 0. */
function contractionLength(word: string): number {
  const at = word.lastIndexOf("'");
  if (at < 1) return 0;
  const ending = word.slice(at + 1).toLowerCase();
  if (ending === 't') return at > 1 && /n/i.test(word[at - 1]!) && !isJoiner(word[at - 2]) ? 3 : 0;
  return CLITICS.includes(ending) ? word.length - at : 0;
}
