/**
 * Averages of weights after training: between a tuned network and its start (WiSE-FT: Wortsman et al. 2022,
 * arXiv:2109.01903), and of several networks that were tuned from one start (model soups: Wortsman et al. 2022,
 * arXiv:2203.05482). They work on values by name, so that runs saved as safetensors can be averaged without a network.
 */
import { UserError } from '../errors.ts';
import type { Network } from '../network.ts';
import { assignValues, type SourceTensors } from './carry.ts';
import type { NetworkValues } from './network-values.ts';

/**
 * WiSE-FT: each parameter that `start` names becomes (1 - share) x start + share x tuned, in place; the statistics of
 * normalisations among them. The others stay.
 * @param share In [0, 1]: 0 gives the start back, 1 leaves the network as it is, both exactly.
 * @throws UserError when a value of `start` has no parameter of its shape; nothing is changed then.
 */
export async function interpolateWeights(network: Network, start: SourceTensors, share: number): Promise<void> {
  if (!(share >= 0 && share <= 1)) throw new UserError(`share is ${share}, and must be between 0 and 1.`);
  const pairs = [...start].map(([name, tensor]) => {
    const variable = network.parameters.get(name)?.variable;
    if (variable === undefined || variable.shape.join() !== tensor.shape.join())
      throw new UserError(
        `${network.name} has no parameter '${name}' of shape [${tensor.shape.join(', ')}], which its start has.`,
        'Average a network with the start that it was tuned from.',
      );
    return { variable, from: tensor.data };
  });
  for (const { variable, from } of pairs) {
    const tuned = await variable.data();
    assignValues(
      variable,
      Float32Array.from(tuned, (value, i) => (1 - share) * from[i]! + share * value),
    );
  }
}

/**
 * A uniform soup: the mean of each value over the models.
 * @param models At least one, all of the same names and shapes.
 * @throws UserError when they are not.
 */
export function uniformSoup(models: readonly SourceTensors[]): NetworkValues {
  const [first] = models;
  if (first === undefined) throw new UserError('A soup needs at least one model.');
  for (const [index, model] of models.entries()) requireAlike(first, model, index);
  const soup: NetworkValues = new Map();
  for (const [name, { shape, data }] of first) {
    const sums = new Float64Array(data.length);
    for (const model of models) {
      const values = model.get(name)!.data;
      for (let i = 0; i < sums.length; i++) sums[i]! += values[i]!;
    }
    soup.set(name, { shape: [...shape], data: Float32Array.from(sums, (sum) => sum / models.length) });
  }
  return soup;
}

export interface GreedySoup {
  readonly values: NetworkValues;
  /** Indices of the models in it, in the order in which they were put in. */
  readonly ingredients: readonly number[];
  /** Of the soup, as `evaluate` gave it: at least that of the best single model. */
  readonly accuracy: number;
}

/**
 * A greedy soup (the paper's recipe 1): the models are tried from the best to the worst, and one is kept where the soup's
 * accuracy does not fall by it.
 * @param models At least one, all of the same names and shapes.
 * @param evaluate Held-out accuracy of a model; called once for each model and once for each soup that is tried.
 */
export async function greedySoup(
  models: readonly SourceTensors[],
  evaluate: (values: NetworkValues) => Promise<number>,
): Promise<GreedySoup> {
  const single: { index: number; accuracy: number }[] = [];
  for (const [index, model] of models.entries()) single.push({ index, accuracy: await evaluate(uniformSoup([model])) });
  single.sort((a, b) => b.accuracy - a.accuracy);
  const [best, ...others] = single;
  if (best === undefined) throw new UserError('A soup needs at least one model.');

  let soup: GreedySoup = {
    values: uniformSoup([models[best.index]!]),
    ingredients: [best.index],
    accuracy: best.accuracy,
  };
  for (const { index } of others) {
    const ingredients = [...soup.ingredients, index];
    const values = uniformSoup(ingredients.map((ingredient) => models[ingredient]!));
    const accuracy = await evaluate(values);
    if (accuracy >= soup.accuracy) soup = { values, ingredients, accuracy };
  }
  return soup;
}

function requireAlike(first: SourceTensors, model: SourceTensors, index: number): void {
  for (const name of new Set([...first.keys(), ...model.keys()])) {
    const shapes = [first, model].map((tensors) => tensors.get(name)?.shape.join(', '));
    if (shapes[0] !== shapes[1])
      throw new UserError(
        `Model ${index + 1} of the soup differs from model 1 in '${name}': ${shapes.map((shape) => (shape === undefined ? 'missing' : `[${shape}]`)).join(' against ')}.`,
        'Average models that were tuned from one network for one task.',
      );
  }
}
