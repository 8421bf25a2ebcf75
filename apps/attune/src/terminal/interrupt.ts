/** Ctrl-C: the first asks a run to stop after its step, with a checkpoint; the second ends the program at once. */
import { Interrupted } from './failure.ts';

/**
 * Runs `work` with a signal that SIGINT and SIGTERM set off.
 * @param message What the user is told; it should say how to go on.
 * @throws Interrupted when the work ended because of it.
 */
export async function stopOnInterrupt<Result>(
  message: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const stop = () => controller.abort(new Interrupted(message));
  // Once: the second of a kind finds the system's own behaviour.
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}
