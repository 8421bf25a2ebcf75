/** When two texts are copies of each other: they must not be divided between training and test. */

/** What texts are the same by: words in their order, whatever the case, the white space and the Unicode form. */
export function textKey(text: string, pair?: string): string {
  const plain = (words: string) => words.normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean).join(' ');
  return pair === undefined ? plain(text) : `${plain(text)}\n${plain(pair)}`;
}
