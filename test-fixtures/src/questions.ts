/**
 * Questions, to be sorted by what they ask for. They speak of films, as the reviews do, but what the reviews teach, praise
 * and blame, is of no use here.
 */
import type { Random } from '@attune/core';
import { chance, otherLabel, phrases, pick, words } from './grammar.ts';

export const QUESTION_CLASSES = ['amount', 'person', 'place', 'reason', 'time'] as const;

const NOUNS = words(
  'plot cast script music camera ending story scene chase romance comedy drama sequel theatre song prize',
);
const ADJECTIVES = words('good bad great new old long short famous lost first last english french');
const ACTIONS = words('made written sold shown played finished lost found praised forgotten');

/** `_` is a noun, `*` an adjective, `+` an action; by class. */
const PATTERNS: readonly (readonly string[])[] = [
  phrases('how many people saw the _, how much did the * _ cost, what number of * _ were +, how long is the * _'),
  phrases(
    'who + the * _, whose _ was +, what actor + the _, which director is known for the * _, name the author of the _',
  ),
  phrases(
    'where was the _ +, in what city is the * _, what country has the * _, which town + the _, what street leads to the _',
  ),
  phrases('why was the * _ +, what made the _ so *, for what purpose was the _ +, how come the _ was +'),
  phrases(
    'when was the * _ +, in what year was the _ +, what day is the * _, which month was the _ +, since when is the _ *',
  ),
];
/** Asked in every class. */
const VAGUE = phrases('what about the * _, tell me of the _ that was +, what is it with the * _');

export function question(label: number, random: Random): string {
  const asked = chance(0.04, random) ? otherLabel(label, QUESTION_CLASSES.length, random) : label;
  const pattern = pick(chance(0.06, random) ? VAGUE : PATTERNS[asked]!, random);
  const start = chance(0.15, random) ? `${pick(phrases('please, do you know, can you say'), random)} , ` : '';
  const filled = pattern
    .replaceAll('_', () => pick(NOUNS, random))
    .replaceAll('*', () => pick(ADJECTIVES, random))
    .replaceAll('+', () => pick(ACTIONS, random));
  return `${start}${filled} ?`;
}
