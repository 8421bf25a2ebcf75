/** The plan that results when a visitor freezes or thaws a layer group by hand. */
import type { MovedGroups, TransferPlan } from '@attune/core';

/**
 * `plan` with exactly these groups moving. It is named `custom`, unless nothing changes.
 * @param groups All groups of the network, from the input to the head, and whether each is to move.
 */
export function withMovingGroups(
  plan: TransferPlan,
  groups: readonly { readonly name: string; readonly moves: boolean }[],
): TransferPlan {
  return { ...plan, name: 'custom', moved: { ...plan.moved, groups: movedGroupsOf(groups) } };
}

/** As plans say it: the head alone is trained on features that are computed once, so it is to be recognised. */
function movedGroupsOf(groups: readonly { readonly name: string; readonly moves: boolean }[]): MovedGroups {
  const moving = groups.filter(({ moves }) => moves).map(({ name }) => name);
  if (moving.length === groups.length) return { what: 'all' };
  if (moving.length === 1 && moving[0] === groups.at(-1)!.name) return { what: 'head' };
  return { what: 'groups', groups: moving };
}
