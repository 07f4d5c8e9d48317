import { type Awaitable, isPromiseLike } from "./processor.ts";

/**
 * Watches a call without standing in its way: no further promise comes between its result and the
 * one who waits for it.
 *
 * @param end Must not throw, as `fail` must not.
 * @returns The result. A thenable is made a promise, since some do their work anew for each `then`.
 */
export function watch<T>(
  call: () => Awaitable<T>,
  end: (value: T) => void,
  fail: (thrown: unknown) => void,
): Awaitable<T> {
  let result: Awaitable<T>;
  try {
    result = call();
  } catch (thrown) {
    fail(thrown);
    throw thrown;
  }
  if (!isPromiseLike(result)) {
    end(result);
    return result;
  }
  const promise = Promise.resolve(result);
  void promise.then(end, fail);
  return promise;
}
