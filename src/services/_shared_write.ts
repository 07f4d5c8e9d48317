import { afterTick } from "../connection/mod.ts";

/**
 * Lets requests that are made within one tick go out together.
 *
 * The client gathers what is published at one go. But where each request comes on a socket of its
 * own, as over HTTP, each would cost a write, which takes longer than all else that is done for it.
 *
 * While requests come one by one, none waits: the first of a tick goes at once. It waits for the
 * others only where the tick before had some.
 */
export class SharedWrite {
  #isTick = false;
  /** What is published now shares the write of the first request anyway. */
  #isAtOnce = false;
  #isBusy = false;
  #late = 0;
  #end: Promise<void> | undefined;
  #onEnd: (() => void) | undefined;

  /** What a request waits for until it goes out, if it has to wait. */
  join(): Promise<void> | undefined {
    if (!this.#isTick) this.#begin();
    else if (!this.#isAtOnce) this.#late++;
    if (this.#isAtOnce && !this.#isBusy) return undefined;
    return this.#end ??= new Promise((resolve) => this.#onEnd = resolve);
  }

  #begin(): void {
    this.#isTick = this.#isAtOnce = true;
    queueMicrotask(() => this.#isAtOnce = false);
    afterTick(() => this.#finish());
  }

  #finish(): void {
    this.#isTick = this.#isAtOnce = false;
    this.#isBusy = this.#late > 0;
    this.#late = 0;
    const onEnd = this.#onEnd;
    this.#end = this.#onEnd = undefined;
    onEnd?.();
  }
}
