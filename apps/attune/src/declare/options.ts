/** Options that several commands have, and how the texts of options become values. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options of every command. */
export function common(command: Command): Command {
  return command
    .option(
      '--backend <name>',
      'what to compute on: onnx, onnx:webgpu, cpu, ... (default: $ATTUNE_BACKEND, or the best)',
    )
    .option('--json', 'print the result as one JSON document')
    .option('--quiet', 'no progress')
    .option('--debug', 'show where an error came from');
}

export function onBroken(): Option {
  return new Option('--on-broken <what>', 'images that cannot be read: an error, or left out and reported')
    .choices(['refuse', 'skip'])
    .default('refuse');
}

export function testTimeAugmentation(): Option {
  return new Option('--tta <views>', 'looks at each image, whose probabilities are averaged: 1, 2 or 10')
    .choices(['centre', 'flip', 'five-crop+flip'])
    .default('centre');
}

export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
    return value;
  };
}

export function positiveNumber(text: string): number {
  const value = numberFromZero(text);
  if (value === 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}

export function shareBelowOne(text: string): number {
  const value = numberFromZero(text);
  if (value >= 1) throw new InvalidArgumentError('It must be below 1.');
  return value;
}

export function numberFromZero(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It must be a number of at least 0.');
  return value;
}
