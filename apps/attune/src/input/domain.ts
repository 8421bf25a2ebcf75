/** Whose run a folder holds: commands that take any run ask here which package is to be loaded. */
import { UserError } from '@attune/core';
import { readAnyRecord, requireFinished } from '@attune/core/node';

export const DOMAINS = ['vision', 'nlp'] as const;
export type Domain = (typeof DOMAINS)[number];

/** @throws UserError when the folder holds no finished run, or one of a domain that is not known here. */
export async function domainOf(run: string): Promise<Domain> {
  const { domain } = await requireFinished(await readAnyRecord(run), run);
  const known = DOMAINS.find((name) => name === domain);
  if (known === undefined)
    throw new UserError(`The run in ${run} is of the domain '${domain}'.`, `Known are ${DOMAINS.join(' and ')}.`);
  return known;
}

/** @throws UserError for an option that the domain does not have. */
export function refuseOption(given: boolean, option: string, run: string, what: string): void {
  if (given) throw new UserError(`${option} is for runs on ${what}, and the run in ${run} is none.`, 'Leave it out.');
}
