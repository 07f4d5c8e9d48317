/** What some runtimes have beside timers. */
interface Immediate {
  readonly setImmediate?: (run: () => void) => unknown;
}

/**
 * Calls back when all that this tick has still to do is done: after the messages that have arrived
 * with the current one, and after the handlers that they have made ready.
 */
export const afterTick: (run: () => void) => void = choose;

/** Chosen at the first call, not at import. */
let chosen: ((run: () => void) => void) | undefined;

function choose(run: () => void): void {
  (chosen ??= best())(run);
}

function best(): (run: () => void) => void {
  const { setImmediate } = globalThis as Immediate;
  if (setImmediate !== undefined) return (run) => void setImmediate(run);
  if (typeof MessageChannel === "undefined") return (run) => void setTimeout(run, 0);
  // Browsers keep timers back by 4 ms, but not the messages of a channel.
  return (run) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      run();
    };
    port2.postMessage(null);
  };
}
