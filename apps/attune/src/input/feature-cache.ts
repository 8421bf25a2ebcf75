/** Where features of frozen trunks and the indices of data sets are kept for later runs. */
import { join } from 'node:path';
import { dataDirectories } from '@attune/zoo/node';

export function featureCache(): string {
  return join(dataDirectories().at(-1)!, 'features');
}
