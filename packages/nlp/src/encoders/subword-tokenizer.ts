/**
 * Sub-word tokenisation by the tokenizer of transformers.js, taken by itself (`@huggingface/tokenizers`): so texts are cut as
 * they will be when the exported model runs, and neither ONNX Runtime nor a network is loaded for it.
 */
import { UserError } from '@attune/core';
import { Tokenizer } from '@huggingface/tokenizers';
import type { TextExample } from '../dataset/example.ts';
import type { EncodedTexts } from '../text/encode.ts';

export interface SubwordOptions {
  /** Tokens of a text or pair at most, the special ones among them. Longer ones are cut from the end, of a pair the longer text. */
  readonly maxTokens: number;
}

/** One text or pair as its tokens. */
export interface SubwordText {
  readonly ids: readonly number[];
  /** 0 for tokens of the first text, 1 for those of the second. */
  readonly types: readonly number[];
  /** Tokens that were cut off. */
  readonly cut: number;
}

/** Characters a token at most; a text is cut to so many for each that is wanted before it is tokenised. */
const MOST_CHARACTERS = 100;

export class SubwordTokenizer {
  /** Greatest number of a token, + 1. */
  readonly size: number;
  private readonly tokenizer: Tokenizer;
  private readonly numbers: ReadonlyMap<string, number>;

  /**
   * @param json Of `tokenizer.json`, parsed.
   * @param config Of `tokenizer_config.json`, parsed.
   * @param source What it is called in messages.
   * @throws UserError when it is no tokenizer, or of a kind that the library does not know.
   */
  constructor(
    readonly json: unknown,
    readonly config: unknown,
    source: string,
  ) {
    try {
      this.tokenizer = new Tokenizer(requireObject(json), requireObject(config));
      this.numbers = this.tokenizer.get_vocab();
      let size = 0;
      for (const id of this.numbers.values()) size = Math.max(size, requireId(id) + 1);
      this.size = size;
      this.tokenizer.encode('a', { text_pair: 'b' }).ids.every(requireId);
    } catch (error) {
      throw new UserError(
        `${source} is no tokenizer that can be read (${(error as Error).message}).`,
        'Give the tokenizer.json and tokenizer_config.json of a model.',
        { cause: error },
      );
    }
  }

  /** @throws UserError when not even the special tokens fit into `maxTokens`. */
  encode(text: string, pair: string | undefined, { maxTokens }: SubwordOptions): SubwordText {
    const most = MOST_CHARACTERS * maxTokens;
    const encoded = this.tokenizer.encode(text.slice(0, most), {
      text_pair: pair?.slice(0, most) ?? null,
      return_token_type_ids: true,
    });
    const { ids, token_type_ids: types = ids.map(() => 0) } = encoded;
    const excess = ids.length - maxTokens;
    return excess <= 0
      ? { ids, types, cut: 0 }
      : this.cut(text.slice(0, most), pair?.slice(0, most), maxTokens, ids.length);
  }

  /** Texts for an encoder, [3, T] each: numbers of the tokens, a mask of 1, and which text of a pair a token is of. */
  encodeExamples(examples: readonly TextExample[], options: SubwordOptions): EncodedTexts {
    const cut = { texts: 0, words: 0 };
    const texts = examples.map(({ text, pair }) => {
      const encoded = this.encode(text, pair, options);
      if (encoded.cut > 0) cut.texts++;
      const length = encoded.ids.length;
      const rows = new Int32Array(3 * length);
      rows.set(encoded.ids);
      rows.fill(1, length, 2 * length);
      rows.set(encoded.types, 2 * length);
      return rows;
    });
    return { texts, parts: 3, labels: Int32Array.from(examples, ({ label }) => label), cut };
  }

  /** As `encode`, of a text that has more tokens: `tokens` of them. */
  private cut(text: string, pair: string | undefined, maxTokens: number, tokens: number): SubwordText {
    const first = this.tokenizer.tokenize(text);
    const second = pair ? this.tokenizer.tokenize(pair) : undefined;
    const special = tokens - first.length - (second?.length ?? 0);
    const room = maxTokens - special;
    if (room < 0)
      throw new UserError(
        `Texts are to have at most ${maxTokens} tokens, and ${special} special ones stand around each.`,
        'Allow more tokens.',
      );
    // The longer of a pair is cut until both are as long; an odd token is the first text's.
    const kept = second && Math.min(second.length, Math.max(room - first.length, Math.floor(room / 2)));
    const parts = [first.slice(0, room - (kept ?? 0)), second?.slice(0, kept)] as const;
    const joined = this.tokenizer.post_processor?.post_process(parts[0], parts[1] ?? null, true) ?? {
      tokens: parts.flatMap((part) => part ?? []),
    };
    const unknown = this.tokenizer.model!.unk_token_id!;
    return {
      ids: joined.tokens.map((token: string) => this.numbers.get(token) ?? unknown),
      types: joined.token_type_ids ?? joined.tokens.map(() => 0),
      cut: tokens - maxTokens,
    };
  }
}

function requireObject(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not an object');
  return value;
}

function requireId(id: unknown): number {
  if (!Number.isSafeInteger(id) || (id as number) < 0) throw new Error(`${String(id)} is no number of a token`);
  return id as number;
}
