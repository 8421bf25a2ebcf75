/** Word vectors from one vocabulary to another: a network that is carried over meets words of the target that its source lacks. */
import { networkValues, type SourceTensors } from '@attune/core';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { TextNetwork } from './text-network.ts';

const TABLE = 'embedding.weight';

/**
 * The source's values as a network of another vocabulary takes them: each word that both have with the source's vector, the
 * others with the network's own, which were drawn or given when it was made.
 * @param source Values of a network of the vocabulary `from`.
 * @param network Of the vocabulary `to`, with vectors of the same length.
 * @throws RangeError when the tables are not of these vocabularies or their vectors differ in length.
 */
export async function carryWords(
  source: SourceTensors,
  from: Vocabulary,
  network: TextNetwork,
  to: Vocabulary,
): Promise<SourceTensors> {
  const table = source.get(TABLE);
  const own = (await networkValues(network)).get(TABLE)!;
  const size = own.shape[1]!;
  if (table?.shape.join() !== `${from.size},${size}` || own.shape[0] !== to.size)
    throw new RangeError(
      `vectors [${table?.shape}] of ${from.size} words cannot be carried to [${own.shape}] of ${to.size} words`,
    );
  for (const [row, word] of to.words.entries())
    if (from.has(word))
      own.data.set(table.data.subarray(from.indexOf(word) * size, (from.indexOf(word) + 1) * size), row * size);
  return new Map([...source, [TABLE, own]]);
}
