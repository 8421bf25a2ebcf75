/** The penalty of a run: what its plan holds, made ready for its network. */
import type { Random } from '../random.ts';
import { carriedParameters } from '../transfer/carry.ts';
import { type Penalty, prepareHeld } from '../transfer/held.ts';
import type { FitOptions } from './fit-options.ts';

/** @param random The run's own: the same run has the same penalty. */
export function penaltyOf(
  options: Pick<FitOptions, 'network' | 'plan' | 'source' | 'train' | 'loss' | 'signal'>,
  random: Random,
): Promise<Penalty> {
  const { network, plan, source, train, loss, signal } = options;
  return prepareHeld(plan.held, {
    network,
    carried: carriedParameters(network, plan.carried),
    source,
    keepsHead: plan.added.head === 'none',
    train,
    loss,
    random: random.fork('held'),
    signal,
  });
}
