/** What a plan does to a network, group by group. */
import { describePlan, type ImageNetwork, movedGroups, movingParameters, type TransferPlan } from '@attune/core';
import type { PlanView } from '../api.ts';
import type { Splits } from './collection.ts';
import { settingsFor } from './training-run.ts';

/** @throws UserError when the plan names what the network lacks. */
export function viewPlan(network: ImageNetwork, plan: TransferPlan, splits: Splits): PlanView {
  const movement = movedGroups(plan.moved, network);
  const moving = new Set(movement.map(({ group }) => group));
  const trainable = new Map<string, number>();
  for (const { group, variable } of movingParameters(network, movement, plan.moved.only))
    trainable.set(group!, (trainable.get(group!) ?? 0) + variable.size);
  const groups = network.layerGroups.map(({ name, parameters }) => ({
    name,
    values: parameters
      .map((parameter) => network.parameters.get(parameter)!)
      .reduce((sum, { role, variable }) => sum + (role === 'statistic' ? 0 : variable.size), 0),
    trainable: trainable.get(name) ?? 0,
    moves: moving.has(name),
  }));
  const { epochs, learningRate } = settingsFor(network, plan, splits);
  return {
    plan,
    line: describePlan(plan),
    groups,
    values: groups.reduce((sum, { values }) => sum + values, 0),
    trainable: groups.reduce((sum, group) => sum + group.trainable, 0),
    epochs,
    learningRate,
  };
}
