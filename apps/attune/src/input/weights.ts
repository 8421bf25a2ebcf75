/** Where weights are looked for: the embedded network's come with the program. */
import { FIXTURES_DIRECTORY } from '@attune/test-fixtures';

/** What `tune vision` starts from when nothing is said. */
export const DEFAULT_MODEL = 'shapes_cnn';

/** Data directories that are searched before the usual ones. */
export const WEIGHT_DIRECTORIES: readonly string[] = [FIXTURES_DIRECTORY];
