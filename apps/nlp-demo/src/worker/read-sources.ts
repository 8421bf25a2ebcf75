/** Fetches the pre-trained networks that come with the page. */
import type { EncoderContents } from './encoder-model.ts';

/** @param base Address of the page's folder: the networks lie below it. */
export async function readSources(
  base: string,
): Promise<{ readonly words: Uint8Array; readonly encoder: EncoderContents }> {
  const get = async (file: string) => {
    const response = await fetch(new URL(`networks/${file}`, base));
    if (!response.ok) throw new Error(`${file}, which belongs to the page, cannot be fetched (${response.status})`);
    return response;
  };
  const bytes = async (file: string) => new Uint8Array(await (await get(file)).arrayBuffer());
  const json = async (file: string) => (await get(file)).json();
  const [words, config, tokenizer, tokenizerConfig, weights] = await Promise.all([
    bytes('reviews_lstm.safetensors'),
    json('tiny_bert/config.json'),
    json('tiny_bert/tokenizer.json'),
    json('tiny_bert/tokenizer_config.json'),
    bytes('tiny_bert/model.safetensors'),
  ]);
  const encoder = {
    'config.json': config,
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': tokenizerConfig,
    'model.safetensors': weights,
  };
  return { words, encoder };
}
