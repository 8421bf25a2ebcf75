/**
 * Whether the tokenizer of exported word-level networks gives real texts the numbers that `encodeText` gives them. All words are
 * in the vocabulary, so that no wrong cut is hidden among the unknown.
 *
 *   ATTUNE_DATA=... npx tsx --conditions=@attune/source packages/nlp/bench/transfer-study/exported-words.ts
 */
import { tokenise, Vocabulary } from '@attune/nlp';
import { Tokenizer } from '@huggingface/tokenizers';
import { wordTokenizerFiles } from '../../src/text/tokenizer-json.ts';
import { openStudyData, STUDY_DATA } from './data.ts';

/** Of larger sets each tenth text is taken. */
const MOST = 60_000;

let [count, same] = [0, 0];
for (const name of STUDY_DATA) {
  const { splits } = await openStudyData(name, { data: process.env.ATTUNE_DATA ?? '', imdbParts: 1 });
  const all = Object.values(splits).flatMap((split) => split.flatMap(({ text, pair }) => [text, pair ?? []].flat()));
  const texts = all.length > MOST ? all.filter((_, i) => i % 10 === 0) : all;
  const words = texts.map((text) => tokenise(text));
  const vocabulary = Vocabulary.fromTexts(words, { size: 1e6 });
  const files = JSON.parse(JSON.stringify(wordTokenizerFiles(vocabulary, { maxLength: 1e9 })));
  const tokenizer = new Tokenizer(files.tokenizer, files.config);
  // One `<pad>` stands behind each text.
  const alike = texts.filter((text, i) => `${vocabulary.encode(words[i]!)},0` === tokenizer.encode(text).ids.join());
  console.log(`${name}: ${alike.length} of ${texts.length} texts alike, ${vocabulary.size} words`);
  count += texts.length;
  same += alike.length;
}
console.log(`${same} of ${count} texts alike`);
