/** `attune models`: the pre-trained networks of the catalogue. */

import { PLAN_NAMES, summarizeParameters } from '@attune/core';
import type { CatalogueEntry } from '@attune/zoo';
import { catalogue, catalogueEntry, createNetwork } from '@attune/zoo';
import { findPretrained } from '@attune/zoo/node';
import { WEIGHT_DIRECTORIES } from '../input/weights.ts';
import { list, table } from '../terminal/table.ts';
import type { CommandOptions } from './command-options.ts';
import { backendOf, outputOf } from './command-options.ts';

export async function listModelsCommand(options: CommandOptions): Promise<void> {
  const models = await Promise.all(
    [...catalogue.values()].map(async (entry) => ({
      name: entry.name,
      title: entry.title,
      size: entry.preprocessing.size,
      trainedOn: entry.trainedOn,
      weights: await weightsOf(entry),
    })),
  );
  const rows = models.map(({ name, title, size, weights }) => [
    name,
    title,
    `${size} px`,
    weights === null ? '-' : weights,
  ]);
  outputOf(options).result({ models }, list([['name', 'network', 'input', 'weights'], ...rows]));
}

export async function showModelCommand(name: string, options: CommandOptions): Promise<void> {
  const entry = catalogueEntry(name);
  await backendOf(options);
  const { weights } = entry;
  const network = createNetwork(name, { classes: weights.classes ?? 1, head: 'published' });
  const { groups, values } = summarizeParameters(network);
  const { preprocessing, featureSize, taps } = network;
  network.dispose();
  const file = await weightsOf(entry);
  const lines = list([
    ['network', entry.title],
    ['paper', entry.paper],
    ['trained on', entry.trainedOn],
    ['input', `${preprocessing.size} x ${preprocessing.size} px, ${preprocessing.channels}`],
    ['features', String(featureSize)],
    ['parameters', values.toLocaleString('en-US')],
    ['layers', taps.join(', ')],
    ['plans', PLAN_NAMES.join(', ')],
    ['weights', file ?? `not on this machine: ${weights.source}, to be put at $ATTUNE_DATA/${weights.file}`],
    ['licence', weights.licence],
  ]);
  const depths = table([
    ['layer group', 'parameters'],
    ...groups.map(({ group, values }) => [group, values.toLocaleString('en-US')]),
  ]);
  outputOf(options).result(
    {
      name,
      title: entry.title,
      paper: entry.paper,
      trainedOn: entry.trainedOn,
      preprocessing,
      featureSize,
      parameters: values,
      layerGroups: groups.map(({ group, values }) => ({ name: group, parameters: values })),
      taps,
      plans: PLAN_NAMES,
      weights: { file, expected: weights.file, source: weights.source, licence: weights.licence },
    },
    `${lines}\n\n${depths}`,
  );
}

/** Where the network's weights lie on this machine, or null. */
async function weightsOf({ name }: CatalogueEntry): Promise<string | null> {
  return findPretrained(name, { dataDirectories: WEIGHT_DIRECTORIES }).catch((error: Error) => {
    if (error.name === 'UserError') return null;
    throw error;
  });
}
