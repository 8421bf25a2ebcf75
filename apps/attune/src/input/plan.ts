/** The plan that is asked for: one with a name, or one in a JSON file. */
import { readFile, stat } from 'node:fs/promises';
import type { TransferPlan } from '@attune/core';
import { namedPlan, parsePlan, UserError } from '@attune/core';

/** Whether a plan is asked for by a file, and not by a name. */
export function isPlanFile(nameOrFile: string): boolean {
  return /[/\\]|\.json$/i.test(nameOrFile);
}

/** @throws UserError for an unknown name (with the nearest ones), or a file that is missing or holds no plan. */
export async function readPlan(nameOrFile: string): Promise<TransferPlan> {
  if (!isPlanFile(nameOrFile)) return namedPlan(nameOrFile);
  const kind = await stat(nameOrFile).catch(() => undefined);
  if (!kind) throw new UserError(`There is no plan file ${nameOrFile}.`, 'Check the path, or give the name of a plan.');
  if (!kind.isFile()) throw new UserError(`${nameOrFile} is not a file.`, 'Give a JSON file, or the name of a plan.');
  let document: unknown;
  try {
    document = JSON.parse(await readFile(nameOrFile, 'utf8'));
  } catch (error) {
    throw new UserError(`${nameOrFile} is not JSON (${(error as Error).message}).`, 'A run.json shows a plan.', {
      cause: error,
    });
  }
  return parsePlan(document, nameOrFile);
}
