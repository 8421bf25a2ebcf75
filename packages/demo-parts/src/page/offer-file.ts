/** Hands a file that the page made to the visitor, as a download. */
import type { MadeFile } from '../api.ts';
import { element } from './element.ts';

export function offerFile({ name, bytes }: MadeFile): void {
  const link = element('a', {
    href: URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>])),
    download: name,
  });
  link.click();
  // The download has its own hold on the data by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
