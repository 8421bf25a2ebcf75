/** Work that goes on in the background ahead of its consumer, in bounded amounts, with results in the order of the input. */

/**
 * Calls `work` on up to `ahead` items at a time, and yields the results in order. Nothing new is begun once the consumer
 * leaves; an error surfaces where its result would have.
 */
export async function* mapInOrder<Item, Result>(
  items: Iterable<Item>,
  ahead: number,
  work: (item: Item) => Promise<Result> | Result,
): AsyncGenerator<Result> {
  const queue: (Promise<Result> | Result)[] = [];
  const source = items[Symbol.iterator]();
  const begin = (): void => {
    const next = source.next();
    if (next.done) return;
    const result = work(next.value);
    // The consumer sees a rejection when it awaits the result; until then it is not an unhandled one.
    if (result instanceof Promise) result.catch(() => {});
    queue.push(result);
  };
  for (let i = 0; i < Math.max(ahead, 1); i++) begin();
  while (queue.length > 0) {
    const result = await (queue.shift() as Promise<Result> | Result);
    begin();
    yield result;
  }
}
