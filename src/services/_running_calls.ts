import type { ServedCall } from "./_served_call.ts";

/** The calls that a service is working on, by their reply subjects. */
export class RunningCalls {
  readonly #calls = new Map<string, ServedCall>();
  #onIdle: (() => void) | undefined;

  /** Begins a call. */
  add(call: ServedCall): void {
    this.#calls.set(call.reply, call);
  }

  /** Ends a call. */
  delete({ reply }: ServedCall): void {
    this.#calls.delete(reply);
    if (this.#calls.size === 0) this.#onIdle?.();
  }

  /** Aborts one call, if it is here; nobody waits for its answer. */
  cancel(reply: string, reason: unknown): void {
    this.#calls.get(reply)?.abort(reason);
  }

  /** Aborts all calls because the service stops. */
  stop(reason: unknown): void {
    for (const call of this.#calls.values()) call.stop(reason);
  }

  /** Waits until none runs, but no longer than so many milliseconds. */
  async idle(timeoutMs: number): Promise<void> {
    if (this.#calls.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
