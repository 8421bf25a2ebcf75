/**
 * Pairs of sentences. In two tasks the second follows from the first, may be true beside it, or contradicts it: scenes with
 * people, and shorter captions with animals, which share the words for what is more general, what is added and what is the
 * opposite. In the third the second says the same as the first in other words, or nearly so and not the same.
 */
import type { Random } from '@attune/core';
import { chance, otherLabel, phrases, pick, words } from './grammar.ts';

export const INFERENCE_CLASSES = ['contradiction', 'entailment', 'neutral'] as const;
export const PARAPHRASE_CLASSES = ['different', 'same'] as const;

export interface TextPair {
  readonly text: string;
  readonly pair: string;
}

interface World {
  /** Who, and a more general word. */
  readonly subjects: readonly (readonly [subject: string, general: string])[];
  /** What they do, what that is in general, and what they do instead. */
  readonly acts: readonly (readonly [act: string, general: string, opposite: string])[];
  readonly places: readonly (readonly [place: string, opposite: string])[];
}

const pairsOf = (list: string) =>
  phrases(list).map((item) => item.split(/\s*>\s*/) as unknown as readonly [string, string]);
const triplesOf = (list: string) =>
  phrases(list).map((item) => item.split(/\s*>\s*/) as unknown as readonly [string, string, string]);

const PEOPLE: World = {
  subjects:
    pairsOf(`man > person, woman > person, boy > child, girl > child, doctor > person, singer > artist, painter > artist,
    baby > child, cook > worker, farmer > worker, dancer > artist, driver > worker`),
  acts: triplesOf(`playing a guitar > making music > sleeping, singing a song > making music > keeping silent, running > moving >
    standing still, walking > moving > sitting down, swimming > moving > lying on sand, eating soup > having a meal > cooking,
    eating bread > having a meal > starving, reading a letter > reading > writing, jumping > moving > resting,
    laughing > being happy > crying, climbing > moving > falling, riding a horse > riding > walking`),
  places:
    pairsOf(`in a park > indoors, in the street > indoors, on a beach > indoors, in a kitchen > outdoors, in a room > outdoors,
    near a river > in a desert, on a hill > under water, in a garden > indoors`),
};
const ANIMALS: World = {
  subjects: pairsOf(
    'dog > animal, cat > animal, horse > animal, duck > bird, puppy > animal, goose > bird, lamb > animal, owl > bird',
  ),
  acts: triplesOf(`running > moving > standing still, swimming > moving > resting, jumping > moving > sleeping,
    eating grass > having a meal > starving, climbing > moving > falling, chasing a ball > moving > lying down,
    barking > making noise > keeping silent, drinking > drinking water > eating`),
  places: pairsOf(
    'in a park > indoors, near a river > in a desert, in a room > outdoors, on a roof > under water, in the snow > indoors',
  ),
};
const COLOURS = words('young old tall small brown white happy tired');
const ADDITIONS = phrases(
  'with friends, for the first time, for money, before noon, after a long day, to win a prize, all day long',
);

function inferencePair(world: World, label: number, random: Random, details: number): TextPair {
  const meant = INFERENCE_CLASSES[chance(0.05, random) ? otherLabel(label, INFERENCE_CLASSES.length, random) : label]!;
  const [subject, generalSubject] = pick(world.subjects, random);
  const [act, generalAct, opposite] = pick(world.acts, random);
  const [place, otherPlace] = pick(world.places, random);
  const adjective = chance(details, random) ? `${pick(COLOURS, random)} ` : '';
  const placed = chance(0.3 + details / 2, random);
  const text = `a ${adjective}${subject} is ${act}${placed ? ` ${place}` : ''} .`;
  const who = chance(0.5, random) ? subject : generalSubject;
  const does = chance(0.5, random) ? act : generalAct;
  if (meant === 'entailment') return { text, pair: `${pick(words('a the some'), random)} ${who} is ${does} .` };
  if (meant === 'neutral') return { text, pair: `a ${who} is ${does} ${pick(ADDITIONS, random)} .` };
  const contradictions = [`a ${who} is ${opposite} .`, `no ${who} is ${does} .`, `there is nobody ${does} .`];
  if (placed) contradictions.push(`a ${who} is ${does} ${otherPlace} .`);
  return { text, pair: pick(contradictions, random) };
}

export const scene = (label: number, random: Random): TextPair => inferencePair(PEOPLE, label, random, 0.6);
export const caption = (label: number, random: Random): TextPair => inferencePair(ANIMALS, label, random, 0.2);

const FIRMS = words('acme borel cadmus delphi elgar fulton galen halley');
/** Each says the same. */
const RISES = phrases('rose, climbed, went up, increased');
const FALLS = phrases('fell, dropped, went down, decreased');
const DAYS = words('monday tuesday wednesday thursday friday');

/** News of prices: told again in other words, or with another firm, number, day or direction. */
export function paraphrase(label: number, random: Random): TextPair {
  const same = (chance(0.05, random) ? 1 - label : label) === 1;
  const firm = pick(FIRMS, random);
  const number = 2 + random.integer(40);
  const day = pick(DAYS, random);
  const up = chance(0.5, random);
  const change = same ? -1 : random.integer(4);
  const verb = (rises: boolean) => pick(rises ? RISES : FALLS, random);
  const other = <Item>(items: readonly Item[], item: Item) =>
    pick(
      items.filter((each) => each !== item),
      random,
    );
  const told = {
    firm: change === 0 ? other(FIRMS, firm) : firm,
    number: change === 1 ? number + 1 + random.integer(9) : number,
    day: change === 2 ? other(DAYS, day) : day,
    up: change === 3 ? !up : up,
  };
  return {
    text: `shares of ${firm} ${verb(up)} by ${number} cents on ${day} .`,
    pair: pick(
      [
        `on ${told.day} , ${told.firm} shares ${verb(told.up)} ${told.number} cents .`,
        `${told.firm} stock ${verb(told.up)} by ${told.number} cents , it was said on ${told.day} .`,
      ],
      random,
    ),
  };
}
