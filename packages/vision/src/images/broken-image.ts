/** What may be wrong with one image; callers leave it out or pass the fault on to the user. */
import { UserError } from '@attune/core';

/** A fault of one image file; `message` names the file, `reason` alone does not. */
export class BrokenImage extends UserError {
  /** @param image The image's name in messages. */
  constructor(
    readonly image: string,
    readonly reason: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`${image}: ${reason}.`, 'Replace or remove the image.', options);
  }
}
