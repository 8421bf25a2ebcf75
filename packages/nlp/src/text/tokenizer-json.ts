/**
 * A vocabulary and `tokenise` as the `tokenizer.json` of Hugging Face, as transformers.js reads it: the numbers of a text's words
 * are those of `encodeText`. Its libraries have no model of whole words in JavaScript, so the vocabulary is one of word pieces
 * whose pieces are whole words, as none may follow another.
 *
 * Two cases may differ: signs and initials of a text that is not in form NFC, as it is put into that before it is cut and not
 * after; and a text of a pair in which the separator is written out, which parts it.
 */
import { SPECIAL_WORDS } from './special-words.ts';
import { LONGEST_WORD } from './tokenise.ts';
import type { Vocabulary } from './vocabulary.ts';
import {
  APOSTROPHE_EXPRESSION,
  CONTRACTION_EXPRESSION,
  KEPT_EXPRESSION,
  TOKEN_EXPRESSION,
} from './word-expressions.ts';

export interface TokenizerJsonOptions {
  /** That of `tokenise`. Default true. */
  readonly lowerCase?: boolean | undefined;
  /** Whether a text has a second one, from which a separator parts it: the number after the last word. Default false. */
  readonly pairs?: boolean | undefined;
  /** Words that are kept of a single text; of pairs all are. */
  readonly maxLength: number;
}

export interface TokenizerFiles {
  /** `tokenizer.json`. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
  /** `tokenizer_config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Behind a text stands one `<pad>`, unless it was cut: so that a text without words has a length, and it changes no result.
 * A pair is the first text, the separator and the second one.
 */
export function wordTokenizerFiles(vocabulary: Vocabulary, options: TokenizerJsonOptions): TokenizerFiles {
  const { lowerCase = true, pairs = false, maxLength } = options;
  const [pad, unknown] = SPECIAL_WORDS;
  const separator = separatorOf(vocabulary);
  const words = pairs ? [...vocabulary.words, separator] : vocabulary.words;
  const specials = pairs ? [pad, separator] : [pad];
  const apart = { type: 'Split', behavior: 'Isolated', invert: false };
  const matches = { type: 'Split', behavior: 'Removed', invert: true };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    // Those that texts may hold: `<pad>` and `<unk>` in a text are signs and letters.
    added_tokens: pairs ? [addedToken(separator, vocabulary.size)] : [],
    normalizer: { type: 'Sequence', normalizers: [...(lowerCase ? [{ type: 'Lowercase' }] : []), { type: 'NFC' }] },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { ...matches, pattern: { Regex: TOKEN_EXPRESSION } },
        { ...matches, pattern: { Regex: KEPT_EXPRESSION } },
        { type: 'Replace', pattern: { String: APOSTROPHE_EXPRESSION }, content: "'" },
        { ...apart, pattern: { Regex: CONTRACTION_EXPRESSION } },
      ],
    },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: prefixOfNone(words),
      max_input_chars_per_word: LONGEST_WORD,
      vocab: Object.fromEntries(words.map((word, i) => [word, i])),
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sequence('A'), special(pad)],
      pair: [sequence('A'), special(pairs ? separator : pad), sequence('B')],
      special_tokens: Object.fromEntries(
        specials.map((word) => [word, { id: word, ids: [words.indexOf(word)], tokens: [word] }]),
      ),
    },
    decoder: null,
  };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: pad,
    unk_token: unknown,
    ...(pairs ? { sep_token: separator } : { model_max_length: maxLength }),
    padding_side: 'right',
    model_input_names: ['input_ids', 'attention_mask'],
    clean_up_tokenization_spaces: false,
  };
  return { tokenizer, config };
}

/** What parts the texts of a pair where they are written as one. */
export function separatorOf(vocabulary: Vocabulary): string {
  let separator = '<sep>';
  while (vocabulary.has(separator)) separator = `<${separator}>`;
  return separator;
}

/** A beginning that no word has. */
function prefixOfNone(words: readonly string[]): string {
  let prefix = '##';
  while (words.some((word) => word.startsWith(prefix))) prefix += '#';
  return prefix;
}

const sequence = (id: 'A' | 'B') => ({ Sequence: { id, type_id: id === 'A' ? 0 : 1 } });
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });

const addedToken = (content: string, id: number) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
});
