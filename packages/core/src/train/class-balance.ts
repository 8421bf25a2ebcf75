/** Two ways to make rare classes count: weights in the loss, and an order of examples that draws every class equally often. */
import { UserError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { ExampleSource } from './data.ts';

/** A weight for each class, or `balanced`: in inverse proportion to the class's number of training examples. */
export type ClassWeights = readonly number[] | 'balanced';

/**
 * Weight of each class: the loss is sum(w l) / sum(w) over the examples. `balanced` is N / (classes n_c), so that the mean
 * weight of an example is 1 (King and Zeng 2001); a class without examples is taken to have one.
 * @throws UserError when numbers are not one above 0 for each class, or the classes cannot be counted.
 */
export function resolveClassWeights(
  weights: ClassWeights,
  classes: number,
  { labels, count }: Pick<ExampleSource, 'labels' | 'count'>,
): readonly number[] {
  if (weights !== 'balanced') {
    if (weights.length !== classes)
      throw new UserError(`classWeights has ${weights.length} weights, and there are ${classes} classes.`);
    const wrong = weights.findIndex((weight) => !(weight > 0 && Number.isFinite(weight)));
    if (wrong !== -1)
      throw new UserError(`The weight of class ${wrong} is ${weights[wrong]}, and must be a number above 0.`);
    return weights;
  }
  if (labels === undefined)
    throw new UserError(
      'Balanced class weights need the labels of all training examples, and this source does not tell them.',
      'Give the weights as numbers, or a source with `labels`.',
    );
  const counts = new Array<number>(classes).fill(0);
  for (const label of Array.from(labels)) counts[label]!++;
  return counts.map((examples) => count / (classes * Math.max(1, examples)));
}

/**
 * An order of as many examples as there are, in which every class comes equally often (the numbers differ by at most one):
 * rounds of all classes that occur, each round in an order of its own. Within a class every example comes once before any
 * comes again; a class with more examples than its share has others left out in every epoch.
 * @param random The epoch's own numbers: the same give the same order.
 */
export function balancedOrder(labels: ArrayLike<number>, random: Random): number[] {
  const members = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const list = members.get(labels[i]!);
    if (list === undefined) members.set(labels[i]!, [i]);
    else list.push(i);
  }
  const classes = [...members.keys()].sort((a, b) => a - b);
  const draws = new Map(
    classes.map((label) => [label, drawAround(members.get(label)!, random.fork(`class/${label}`))]),
  );
  const rounds = random.fork('rounds');
  const order: number[] = [];
  while (order.length < labels.length)
    for (const label of rounds.shuffle(classes).slice(0, labels.length - order.length))
      order.push(draws.get(label)!.next().value);
  return order;
}

/** All members in a random order, then all in another, without end. */
function* drawAround(members: readonly number[], random: Random): Generator<number, never, void> {
  for (;;) yield* random.shuffle(members);
}
