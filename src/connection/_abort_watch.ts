import type { PendingCall } from "./_pending_call.ts";
import type { AbortListener, AbortSource } from "./abort_source.ts";

/**
 * Hears when the signal of a call aborts.
 *
 * A signal gets one listener, however many calls it has: a runtime compares each further listener
 * with all others, which for 10,000 calls takes longer than the calls.
 */
export class AbortWatch implements AbortListener {
  readonly #calls = new Map<AbortSource, Set<PendingCall>>();
  readonly #onAbort: (call: PendingCall) => void;

  constructor(onAbort: (call: PendingCall) => void) {
    this.#onAbort = onAbort;
  }

  /** Watches the signal of a call, which has not aborted yet. */
  add(signal: AbortSource, call: PendingCall): void {
    const calls = this.#calls.get(signal);
    if (calls !== undefined) return void calls.add(call);
    this.#calls.set(signal, new Set([call]));
    signal.addEventListener("abort", this);
  }

  /** Ends it, and with the last call of a signal its listener. */
  delete(signal: AbortSource, call: PendingCall): void {
    const calls = this.#calls.get(signal);
    if (calls?.delete(call) && calls.size === 0) this.#forget(signal);
  }

  /** Called by the signal. */
  handleEvent({ currentTarget }: { readonly currentTarget: unknown }): void {
    const signal = currentTarget as AbortSource;
    const calls = this.#calls.get(signal) ?? [];
    this.#forget(signal);
    for (const call of calls) this.#onAbort(call);
  }

  #forget(signal: AbortSource): void {
    this.#calls.delete(signal);
    signal.removeEventListener("abort", this);
  }
}
