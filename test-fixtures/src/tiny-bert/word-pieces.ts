/** The tokenizer of the tiny encoder: word pieces (Wu et al. 2016, arXiv:1609.08144) in the files that Hugging Face's read. */
import { textTaskExamples } from '../text-task-examples.ts';
import { TEXT_TASKS } from '../text-tasks.ts';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const SIGNS = [...'0123456789.,;:!?\'"()-/&%'];
/** Ends of words, and parts that many words share: with the letters every word has pieces. */
const ENDINGS = 'ed er es est ful ing ion ish ist ity less ly man ment ness or ous th ty un'.split(' ');

/** Piece by number: the words that the generated texts have more than once, and what any other word is made of. */
export function wordPieces(): string[] {
  const continued = [...LETTERS, ...ENDINGS].map((piece) => `##${piece}`);
  return [...new Set<string>([...SPECIAL, ...SIGNS, ...LETTERS, ...continued, ...frequentWords()])];
}

function frequentWords(): string[] {
  const counts = new Map<string, number>();
  for (const task of Object.values(TEXT_TASKS))
    for (const { text, pair = '' } of textTaskExamples(task, 'words', 200, 1))
      for (const word of `${text} ${pair}`.match(/[a-z]+/g) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].flatMap(([word, count]) => (count > 1 ? word : [])).sort();
}

/** The files of the tokenizer, by name. */
export function tokenizerFiles(mostTokens: number): Record<string, string> {
  const pieces = wordPieces();
  const number = (piece: string) => pieces.indexOf(piece);
  const special = (piece: string) => ({ id: piece, ids: [number(piece)], tokens: [piece] });
  const [cls, sep] = ['[CLS]', '[SEP]'];
  const token = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content) => ({
      id: number(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token(cls, 0), sequence('A', 0), token(sep, 0)],
      pair: [token(cls, 0), sequence('A', 0), token(sep, 0), sequence('B', 1), token(sep, 1)],
      special_tokens: { [cls]: special(cls), [sep]: special(sep) },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, i) => [piece, i])),
    },
  };
  const names = {
    unk_token: '[UNK]',
    sep_token: '[SEP]',
    pad_token: '[PAD]',
    cls_token: '[CLS]',
    mask_token: '[MASK]',
  };
  const config = {
    ...names,
    do_lower_case: true,
    model_max_length: mostTokens,
    tokenizer_class: 'BertTokenizer',
  };
  const text = (value: unknown) => `${JSON.stringify(value)}\n`;
  return {
    'tokenizer.json': text(json),
    'tokenizer_config.json': text(config),
    'special_tokens_map.json': text(names),
    'vocab.txt': `${pieces.join('\n')}\n`,
  };
}
