/** A byte-level BPE tokenizer as GPT-2's is laid out, of 40 tokens: letters, a blank, a few merges, and the end of a text. */
export function byteLevelTokenizer(): { json: object; config: object } {
  // A blank is written as Ġ, as all bytes that are not printed are written as letters that are.
  const letters = [...'Ġabcdefghijklmnopqrstuvwxyz.,'];
  const merges = ['t h', 'th e', 'Ġ the', 'a t', 'c at', 'Ġ cat'];
  const tokens = [...letters, ...merges.map((merge) => merge.replace(' ', '')), '<|endoftext|>'];
  const end = { content: '<|endoftext|>', single_word: false, lstrip: false, rstrip: false, normalized: true };
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: tokens.length - 1, special: true, ...end }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
  return {
    json,
    config: {
      tokenizer_class: 'GPT2Tokenizer',
      bos_token: '<|endoftext|>',
      eos_token: { ...end, __type: 'AddedToken' },
    },
  };
}
