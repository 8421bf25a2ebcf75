/** What is wrong with a data set that can be learnt from all the same: said before training, and kept in its record. */
import { counted, equalItems, listNames, printable, type SplitName } from '@attune/core';

export interface CheckedText {
  readonly name: string;
  readonly label: number;
  readonly split: SplitName;
  /** The same for copies: see `textKey`. */
  readonly key: string;
}

/** Training texts of the largest class for each of the smallest from which on the smallest is likely to be passed over. */
const IMBALANCE = 10;

/**
 * @param classes Names of the classes.
 * @returns Sentences, the most serious first.
 */
export function datasetWarnings(classes: readonly string[], texts: readonly CheckedText[]): string[] {
  return [...copyWarnings(classes, texts), ...sizeWarnings(classes, texts), ...classNameWarnings(classes)];
}

function classNameWarnings(classes: readonly string[]): string[] {
  return equalItems(classes, (name) => name.toLowerCase().replace(/\s+/g, ' ')).map(
    (names) =>
      `Labels ${listNames(names)} differ in case or white space only, and are different classes: is one a slip?`,
  );
}

function sizeWarnings(classes: readonly string[], texts: readonly CheckedText[]): string[] {
  const total = new Array<number>(classes.length).fill(0);
  const training = new Array<number>(classes.length).fill(0);
  for (const { label, split } of texts) {
    total[label]!++;
    if (split === 'train') training[label]!++;
  }
  const warnings: string[] = [];
  const single = classes.filter((_, label) => total[label] === 1);
  if (single.length > 0)
    warnings.push(
      `${single.length === 1 ? `Class ${listNames(single)} has` : `Classes ${listNames(single)} have`} a single text: it is learnt from, and nothing is left to test on.`,
    );
  const [least, most] = [Math.min(...training), Math.max(...training)];
  if (most >= IMBALANCE * least)
    warnings.push(
      `Class '${printable(classes[training.indexOf(most)]!)}' has ${most} training texts and '${printable(classes[training.indexOf(least)]!)}' has ${least} (1:${Math.round(most / least)}): accuracy will hide the small class. Look at macro F1, and consider balanced sampling or class weights (setting balance).`,
    );
  return warnings;
}

function copyWarnings(classes: readonly string[], texts: readonly CheckedText[]): string[] {
  const copies = equalItems(texts, ({ key }) => key);
  if (copies.length === 0) return [];
  if (copies[0]!.length === texts.length)
    return [`All ${texts.length} texts are the same: there is nothing to tell the classes apart by.`];
  const warnings: string[] = [];
  const named = ({ name, label }: CheckedText) => `${printable(name)} ('${printable(classes[label]!)}')`;
  const crossing = copies.filter((group) => group.some(({ label }) => label !== group[0]!.label));
  if (crossing.length > 0) {
    const [first] = crossing[0]!;
    const other = crossing[0]!.find(({ label }) => label !== first!.label)!;
    warnings.push(
      `${counted(crossing.length, 'text is', 'texts are')} in more than one class, such as ${named(first!)} and ${named(other)}.`,
    );
  }
  const leaked = copies.flatMap((group) => {
    const learnt = group.find(({ split }) => split !== 'test');
    return learnt ? group.filter(({ split }) => split === 'test').map((text) => [text, learnt] as const) : [];
  });
  if (leaked.length > 0) {
    const [text, learnt] = leaked[0]!;
    warnings.push(
      `${counted(leaked.length, 'test text is a copy', 'test texts are copies')} of training or validation texts, such as ${printable(text.name)} of ${printable(learnt.name)}: the test's accuracy is flattered.`,
    );
  }
  const spare = copies.reduce((sum, group) => sum + group.length - 1, 0);
  const [first, second] = copies[0]!;
  warnings.push(
    `${counted(spare, 'text is a copy', 'texts are copies')} of others (case and white space aside), such as ${printable(second!.name)} of ${printable(first!.name)}.`,
  );
  return warnings;
}
