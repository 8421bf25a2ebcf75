/**
 * The two ways of Mou et al. 2016, arXiv:1603.06111, as transfer plans. INIT: the embedding E, the hidden layers H and the output
 * O each start at random, or are copied and locked, or are copied and fine-tuned. MULT: the source's task is learnt on, beside
 * the target's. Both: MULT from a copied start.
 */
import { type Network, type TransferPlan, UserError } from '@attune/core';

/** How a part of the network begins: `random`; `locked`: copied and frozen; `tuned`: copied and fine-tuned. */
export type Init = 'random' | 'locked' | 'tuned';

export interface InitPlan {
  /** Word vectors. `random`: those that the network was made with, which may have been given. */
  readonly E: Init;
  /** All that is between: the LSTM; or the convolution and the hidden layer. */
  readonly H: Init;
  /** The head. It can be copied where the target has the source's classes. */
  readonly O: Init;
}

const LETTERS: Readonly<Record<Init, string>> = { random: 'r', locked: 'l', tuned: 't' };

/**
 * INIT, such as `init-ttr` for E and H tuned and O at random, what the paper finds best for alike tasks.
 * @param network Needed where it has more than one hidden group; default: one, as in the paper's own networks.
 * @throws UserError when nothing would move.
 */
export function initPlan(
  init: InitPlan,
  network: Pick<Network, 'layerGroups'> = { layerGroups: ONE_HIDDEN_GROUP },
): TransferPlan {
  const own = network.layerGroups.filter(({ added }) => !added).map(({ name }) => name);
  const how = own.map((name, i): [string, Init] => [name, i === 0 ? init.E : i === own.length - 1 ? init.O : init.H]);
  const copied = how.filter(([, each]) => each !== 'random').map(([name]) => name);
  const moved = how.filter(([, each]) => each !== 'locked').map(([name]) => name);
  if (moved.length === 0)
    throw new UserError(
      'E, H and O are all locked: nothing would be trained.',
      'Tune one of them, or let it be random.',
    );
  return {
    version: 1,
    name: `init-${LETTERS[init.E]}${LETTERS[init.H]}${LETTERS[init.O]}`,
    carried: copied.length === 0 ? { what: 'nothing' } : { what: 'groups', groups: copied },
    moved: { groups: { what: 'groups', groups: moved }, rateDecay: 1, thaw: { when: 'at-once' } },
    held: { to: 'nothing' },
    added: { head: init.O === 'random' ? 'new' : 'none' },
  };
}

const ONE_HIDDEN_GROUP = ['embedding', 'hidden', 'head'].map((name) => ({ name, parameters: [] }));

/** Everything fresh, and everything moves: what MULT alone starts from. */
const RANDOM: InitPlan = { E: 'random', H: 'random', O: 'random' };

export interface MultPlan {
  /** Probability that a batch is of the target, in (0, 1]. */
  readonly lambda: number;
  /** How the parts begin: MULT+INIT. Default: all at random. */
  readonly init?: InitPlan;
}

/**
 * MULT: J = lambda J_target + (1 - lambda) J_source, each batch drawn from one of them. `fit` takes the source's network, whose
 * head is trained along, and its examples as `source` and `sourceTrain`.
 * @throws UserError for a lambda that is no such probability.
 */
export function multPlan({ lambda, init }: MultPlan, network?: Pick<Network, 'layerGroups'>): TransferPlan {
  if (!(lambda > 0 && lambda <= 1)) throw new UserError(`lambda is ${lambda}, and must be above 0 and at most 1.`);
  const start = initPlan(init ?? RANDOM, network);
  return { ...start, name: init ? `mult-${start.name}` : 'mult', held: { to: 'task', share: lambda } };
}
