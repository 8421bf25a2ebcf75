/** A tiny transformer encoder, pre-trained on reviews and on pairs of scenes, under a new head. */
import { describePlan, namedPlan } from '@attune/core';
import { type EncoderNetwork, encoderFiles, readEncoder, SubwordTokenizer } from '@attune/nlp';
import { MOST_WORDS, type TextModel } from './text-model.ts';
import type { StartedModel } from './word-model.ts';

/** Word pieces of a text, the special ones among them. */
const MOST_TOKENS = 96;

/** Words and signs as BERT's first stage cuts them, but for apostrophes and hyphens within words. */
const WORD = /[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*|[^\s\p{L}\p{N}\p{M}]/gu;

export class EncoderModel implements TextModel {
  readonly parts = 3;
  readonly network: EncoderNetwork;
  readonly tokenizer: SubwordTokenizer;
  private readonly unknown: string;

  constructor(network: EncoderNetwork, tokenizer: SubwordTokenizer, unknown: string) {
    this.network = network;
    this.tokenizer = tokenizer;
    this.unknown = unknown;
  }

  words(text: string): string[] {
    return text.match(WORD) ?? [];
  }

  /** In one piece, or in several that it has. */
  knows(word: string): boolean {
    const { ids } = this.tokenizer.encode(word, undefined, { maxTokens: MOST_TOKENS });
    const [unknown] = this.tokenizer.encode(this.unknown, undefined, { maxTokens: MOST_TOKENS }).ids.slice(1, -1);
    return !ids.includes(unknown!);
  }

  encode(words: readonly (string | undefined)[]): Int32Array {
    const text = words
      .slice(0, MOST_WORDS)
      .map((word) => word ?? this.unknown)
      .join(' ');
    const { ids, types } = this.tokenizer.encode(text, undefined, { maxTokens: MOST_TOKENS });
    return Int32Array.from([...ids, ...ids.map(() => 1), ...types]);
  }

  files(labels: readonly string[]) {
    return encoderFiles(this.network, { tokenizer: this.tokenizer, labels });
  }
}

/** The contents of the encoder's folder, by file name. */
export interface EncoderContents {
  readonly 'config.json': unknown;
  readonly 'tokenizer.json': unknown;
  readonly 'tokenizer_config.json': { readonly unk_token: string };
  readonly 'model.safetensors': Uint8Array;
}

export const ENCODER_PLANS = { frozen: 'linear-probe', tuned: 'full' } as const;

export class EncoderSource {
  private readonly contents: EncoderContents;

  constructor(contents: EncoderContents) {
    this.contents = contents;
  }

  /** The encoder under a new head. The caller disposes of it. */
  start(how: 'frozen' | 'tuned', classes: readonly string[], seed: number): StartedModel<EncoderModel> {
    const { contents } = this;
    const config = contents['tokenizer_config.json'];
    const tokenizer = new SubwordTokenizer(contents['tokenizer.json'], config, 'the tokenizer');
    const { network } = readEncoder(
      {
        name: 'tiny_bert',
        config: { json: contents['config.json'], file: 'config.json' },
        weights: { bytes: contents['model.safetensors'], file: 'model.safetensors' },
        tokenizer,
      },
      { classes: classes.length, seed },
    );
    const plan = namedPlan(ENCODER_PLANS[how]);
    return {
      model: new EncoderModel(network, tokenizer, config.unk_token),
      plan,
      name: `encoder ${how}`,
      line: describePlan(plan),
    };
  }
}
