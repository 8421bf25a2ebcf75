/** What is wrong with a data set that can be learnt from all the same: said before training, and kept in its record. */
import type { SplitName } from './split-name.ts';

export interface CheckedText {
  readonly name: string;
  readonly label: number;
  readonly split: SplitName;
  /** The same for copies: see `textKey`. */
  readonly key: string;
}

/** Training texts of the largest class for each of the smallest from which on the smallest is likely to be passed over. */
const IMBALANCE = 10;

/** Names that a list gives before it says how many more there are. */
const NAMED = 3;

/**
 * @param classes Names of the classes.
 * @returns Sentences, the most serious first.
 */
export function datasetWarnings(classes: readonly string[], texts: readonly CheckedText[]): string[] {
  return [...copyWarnings(classes, texts), ...sizeWarnings(classes, texts), ...classNameWarnings(classes)];
}

function classNameWarnings(classes: readonly string[]): string[] {
  const alike = new Map<string, string[]>();
  for (const name of classes) {
    const key = name.toLowerCase().replace(/\s+/g, ' ');
    alike.set(key, [...(alike.get(key) ?? []), name]);
  }
  return [...alike.values()]
    .filter((names) => names.length > 1)
    .map(
      (names) => `Labels ${list(names)} differ in case or white space only, and are different classes: is one a slip?`,
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
      `${single.length === 1 ? `Class ${list(single)} has` : `Classes ${list(single)} have`} a single text: it is learnt from, and nothing is left to test on.`,
    );
  const [least, most] = [Math.min(...training), Math.max(...training)];
  if (most >= IMBALANCE * least)
    warnings.push(
      `Class '${shown(classes[training.indexOf(most)]!)}' has ${most} training texts and '${shown(classes[training.indexOf(least)]!)}' has ${least} (1:${Math.round(most / least)}): accuracy will hide the small class. Look at macro F1, and consider balanced sampling or class weights (setting balance).`,
    );
  return warnings;
}

function copyWarnings(classes: readonly string[], texts: readonly CheckedText[]): string[] {
  const copies = copiesAmong(texts);
  if (copies.length === 0) return [];
  if (copies[0]!.length === texts.length)
    return [`All ${texts.length} texts are the same: there is nothing to tell the classes apart by.`];
  const warnings: string[] = [];
  const named = ({ name, label }: CheckedText) => `${shown(name)} ('${shown(classes[label]!)}')`;
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
      `${counted(leaked.length, 'test text is a copy', 'test texts are copies')} of training or validation texts, such as ${shown(text.name)} of ${shown(learnt.name)}: the test's accuracy is flattered.`,
    );
  }
  const spare = copies.reduce((sum, group) => sum + group.length - 1, 0);
  const [first, second] = copies[0]!;
  warnings.push(
    `${counted(spare, 'text is a copy', 'texts are copies')} of others (case and white space aside), such as ${shown(second!.name)} of ${shown(first!.name)}.`,
  );
  return warnings;
}

/** Groups of two and more. Few texts have a copy, so that most are only counted. */
function copiesAmong(texts: readonly CheckedText[]): CheckedText[][] {
  const firsts = new Map<string, CheckedText>();
  const groups = new Map<string, CheckedText[]>();
  for (const text of texts) {
    const first = firsts.get(text.key);
    const group = groups.get(text.key);
    if (group) group.push(text);
    else if (first !== undefined) groups.set(text.key, [first, text]);
    else firsts.set(text.key, text);
  }
  return [...groups.values()];
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function list(names: readonly string[]): string {
  const some = names.slice(0, NAMED).map((name) => `'${shown(name)}'`);
  if (names.length > NAMED) return `${some.join(', ')} and ${names.length - NAMED} more`;
  return [some.slice(0, -1).join(', '), ...some.slice(-1)].filter((part) => part !== '').join(' and ');
}

/** A name may hold line breaks and terminal escapes, or be a whole text by mistake. */
function shown(name: string): string {
  const plain = name.replace(/\p{Cc}+/gu, ' ');
  return plain.length > 60 ? `${plain.slice(0, 60)}...` : plain;
}
