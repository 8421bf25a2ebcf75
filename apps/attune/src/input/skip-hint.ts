/** What a user may do about an image that cannot be read. */
import { UserError } from '@attune/core';

/** `error`, with the option that leaves such images out where it is about one. */
export function withSkipHint(error: unknown, onBroken: 'skip' | 'refuse'): unknown {
  if (onBroken === 'refuse' && error instanceof Error && 'image' in error && 'reason' in error)
    return new UserError(error.message, 'Or leave out what cannot be read: --on-broken skip.', { cause: error });
  return error;
}
