/** The page as a file. */
import { writeFileAtomic } from '@attune/core/node';
import { memoryDocument } from '../plots/svg-files.ts';
import { type PageContent, renderPage } from './page.ts';

/** @throws UserError when the file cannot be written. */
export async function writePage(file: string, content: PageContent): Promise<void> {
  await writeFileAtomic(file, renderPage(content, memoryDocument()));
}
