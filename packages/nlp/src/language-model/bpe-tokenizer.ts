/** The tokenizer of a language model in Hugging Face's layout, such as GPT-2's byte-level BPE, by transformers.js's library. */
import { UserError } from '@attune/core';
import { Tokenizer } from '@huggingface/tokenizers';
import type { LanguageTokenizer } from './tokenizer.ts';

export class BpeTokenizer implements LanguageTokenizer {
  readonly size: number;
  readonly begin: number | undefined;
  readonly end: number | undefined;
  private readonly tokenizer: Tokenizer;

  /**
   * @param json Of `tokenizer.json`, parsed.
   * @param config Of `tokenizer_config.json`, parsed: its `bos_token` and `eos_token` stand before and after texts.
   * @param source What it is called in messages.
   * @throws UserError when it is no tokenizer, or of a kind that the library does not know.
   */
  constructor(
    readonly json: unknown,
    readonly config: unknown,
    source: string,
  ) {
    try {
      for (const value of [json, config])
        if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not an object');
      this.tokenizer = new Tokenizer(json as object, config as object);
      let size = 0;
      for (const id of this.tokenizer.get_vocab().values()) {
        if (!Number.isSafeInteger(id) || id < 0) throw new Error(`${String(id)} is no number of a token`);
        size = Math.max(size, id + 1);
      }
      this.size = size;
      this.begin = this.special('bos_token');
      this.end = this.special('eos_token');
      this.encode('a');
    } catch (error) {
      throw new UserError(
        `${source} is no tokenizer that can be read (${(error as Error).message}).`,
        'Give the tokenizer.json and tokenizer_config.json of a model.',
        { cause: error },
      );
    }
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }

  decode(tokens: readonly number[]): string {
    return this.tokenizer.decode([...tokens], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  private special(name: string): number | undefined {
    const value = (this.config as Record<string, unknown>)[name];
    const content = typeof value === 'object' && value !== null ? (value as { content?: unknown }).content : value;
    return typeof content === 'string' ? this.tokenizer.token_to_id(content) : undefined;
  }
}
