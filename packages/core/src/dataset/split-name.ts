/** The three parts of a data set, and what files, folders and columns call them. */

export type SplitName = 'train' | 'validation' | 'test';

export const SPLIT_NAMES: Readonly<Record<string, SplitName>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  dev: 'validation',
  test: 'test',
};

/** Undefined for a name that is none of a split. */
export function splitNamed(name: string): SplitName | undefined {
  const key = name.trim().toLowerCase();
  return Object.hasOwn(SPLIT_NAMES, key) ? SPLIT_NAMES[key] : undefined;
}
