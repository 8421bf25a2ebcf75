/**
 * Opinions, in long reviews of films and in short remarks on places to stay. Both use the same words of praise and blame and
 * turn them round the same way (`hardly good`), on other nouns: what a word of praise is can be learnt from the reviews, of
 * which there are many, and few remarks have to do for the rest.
 */
import type { Random } from '@attune/core';
import { chance, otherLabel, phrases, pick, pickRanked, words } from './grammar.ts';

/** By falling frequency: a small training set misses the later ones. */
const OPINIONS: readonly (readonly string[])[] = [
  words(`bad poor dull awful weak boring terrible stale shabby clumsy dreary tedious sloppy bland grim feeble hollow tiresome
    messy lifeless shallow careless crude dismal drab flat horrid lousy murky petty rotten sour tacky vile wooden gloomy`),
  words(`good fine great lovely strong clever charming fresh superb bright elegant gentle witty warm rich graceful splendid
    vivid pleasant tender honest radiant crisp delightful perfect smart solid stylish sweet tidy touching lively neat noble
    brilliant generous`),
];
const VERBS: readonly (readonly string[])[] = [
  words('hated disliked regretted loathed resented avoided'),
  words('loved enjoyed liked adored admired treasured'),
];
const DEGREES = words('very really quite rather so truly');
/** Turn an opinion round. */
const REVERSERS = phrases('not, hardly, never, far from, anything but');

interface Domain {
  readonly nouns: readonly string[];
  /** Sentences without an opinion. */
  readonly fillers: readonly string[];
}

const FILMS: Domain = {
  nouns:
    words(`plot cast acting script music camera director ending story hero villain dialogue scenery editing pace scene
    chase romance comedy drama sequel`),
  fillers:
    phrases(`it lasts two hours, i saw it on a sunday, the story is set in a small town, my brother came along, the
    sequel is due next year, it was made in black and white, the hero is a doctor, they talk about money a lot`),
};
const STAYS: Domain = {
  nouns:
    words(`room bed breakfast service staff view bathroom pool lobby kitchen balcony garden parking lift wifi carpet
    shower owner street terrace`),
  fillers: phrases('we stayed three nights, it is near the station, there are twelve rooms, we came by car, it rained'),
};

/** An opinion on a noun, that reads as the polarity: 0 blames, 1 praises. */
function opinion(polarity: number, { nouns }: Domain, random: Random): string {
  const reversed = chance(0.1, random);
  const word = pickRanked(OPINIONS[reversed ? 1 - polarity : polarity]!, random);
  const noun = pick(nouns, random);
  if (reversed) return `the ${noun} ${pick(words('is was seemed'), random)} ${pick(REVERSERS, random)} ${word}`;
  if (chance(0.2, random)) return `i ${pick(VERBS[polarity]!, random)} the ${noun}`;
  const degree = chance(0.4, random) ? `${pick(DEGREES, random)} ` : '';
  return chance(0.5, random)
    ? `the ${noun} ${pick(words('is was seemed felt'), random)} ${degree}${word}`
    : `what a ${degree}${word} ${noun}`;
}

/** Four to nine sentences, most of them of the class's polarity. */
export function review(label: number, random: Random): string {
  const polarity = chance(0.04, random) ? 1 - label : label;
  const sentences = Array.from({ length: 4 + random.integer(6) }, () => {
    if (chance(0.2, random)) return pick(FILMS.fillers, random);
    return opinion(chance(0.88, random) ? polarity : 1 - polarity, FILMS, random);
  });
  return `${sentences.join(' . ')} .`;
}

/** One opinion, sometimes beside something else. */
export function remark(label: number, random: Random): string {
  const polarity = chance(0.05, random) ? otherLabel(label, 2, random) : label;
  const sentences = [opinion(polarity, STAYS, random)];
  if (chance(0.4, random)) sentences.splice(random.integer(2), 0, pick(STAYS.fillers, random));
  return `${sentences.join(', and ')} .`;
}
