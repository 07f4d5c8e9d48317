import type { ServedCall } from "./_served_call.ts";

/**
 * The calls that a service is working on.
 *
 * They stand in an array, each knowing its place: a map by reply subject would hash a new text for
 * every call. A cancel, which is rare, searches.
 */
export class RunningCalls {
  readonly #calls: ServedCall[] = [];
  #onIdle: (() => void) | undefined;

  /** Begins a call. */
  add(call: ServedCall): void {
    call.place = this.#calls.length;
    this.#calls.push(call);
  }

  /** Ends a call. */
  delete(call: ServedCall): void {
    const last = this.#calls.pop()!;
    if (last !== call) {
      this.#calls[call.place] = last;
      last.place = call.place;
    }
    if (this.#calls.length === 0) this.#onIdle?.();
  }

  /** Aborts one call, if it is here; nobody waits for its answer. */
  cancel(reply: string, reason: unknown): void {
    this.#calls.find((call) => call.reply === reply)?.abort(reason);
  }

  /** Aborts all calls because the service stops. */
  stop(reason: unknown): void {
    // A copy: a handler that hears of it may end its call, and so move others, at once.
    for (const call of [...this.#calls]) call.stop(reason);
  }

  /** Waits until none runs, but no longer than so many milliseconds. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#calls.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
