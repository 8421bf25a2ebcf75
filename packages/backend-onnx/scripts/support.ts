/** Writes SUPPORT.md. */
import { writeFileSync } from 'node:fs';
import { supportTable } from '../src/support-table.ts';

writeFileSync(new URL('../SUPPORT.md', import.meta.url), supportTable());
