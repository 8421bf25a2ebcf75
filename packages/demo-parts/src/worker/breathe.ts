/**
 * ONNX Runtime's WebAssembly computes on the thread that calls it, and awaits nothing but promises, so a message to the
 * worker, such as Stop, would wait until training ends. What works for long lets messages through now and then.
 */

const EVERY_MS = 30;

let last = 0;

/** Lets the worker's messages in, when that was some time ago. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < EVERY_MS) return;
  await new Promise<void>((resolve) => {
    // A message to oneself is a task of its own, and is not delayed as timers are.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
  last = performance.now();
}
