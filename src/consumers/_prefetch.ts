/** What decides how many messages a hook may hold. */
export interface PrefetchState {
  /** How many it may hold now. */
  readonly size: number;
  /** How many handlers run at once. */
  readonly concurrency: number;
  /** The most that it may ever hold. */
  readonly most: number;
  /** Messages that were completed in a second. */
  readonly perSecond: number;
  /** Whether handlers had nothing to do although the server had messages. */
  readonly starved: boolean;
  /** Average size of a message, in bytes. */
  readonly averageBytes: number;
  /** The most that all held messages together may have, in bytes. */
  readonly mostBytes: number;
}

/** How much work to hold when nothing is known of the way to the server, in seconds. */
const AHEAD_SECONDS = 0.05;
const GROWTH = 2;
const DECAY = 0.9;

/**
 * Decides how many messages a hook may hold next.
 *
 * A hook that was starved may hold twice as many, whatever made it wait: so a long way to the server
 * and quick handlers both end at what they need. One that was not goes slowly back to as many again
 * as run, or to the work of a moment, so that slow handlers leave messages to other processes.
 */
export function nextPrefetch(state: PrefetchState): number {
  const { size, concurrency, most, perSecond, starved, averageBytes, mostBytes } = state;
  const least = Math.min(most, firstPrefetch(concurrency, most));
  const wanted = starved ? size * GROWTH : Math.max(size * DECAY, perSecond * AHEAD_SECONDS);
  const bytes = averageBytes > 0 ? Math.floor(mostBytes / averageBytes) : Infinity;
  return Math.max(1, Math.min(most, bytes, Math.max(least, Math.ceil(wanted))));
}

/** How many messages a hook may hold before anything is measured: as many again as run. */
export function firstPrefetch(concurrency: number, most: number): number {
  return Math.min(most, concurrency * 2);
}

/** How often the decision is made, in milliseconds; sooner where as many as may be held were done. */
const WINDOW_MS = 50;

/** Measures what a hook completes, and so how many messages it may hold. */
export class Prefetch {
  readonly #concurrency: number;
  readonly #most: number;
  readonly #mostBytes: number;
  #size: number;
  #averageBytes = 0;
  #completed = 0;
  #starved = false;
  #windowStart = 0;

  constructor(concurrency: number, most: number, mostBytes: number) {
    this.#concurrency = concurrency;
    this.#most = most;
    this.#mostBytes = mostBytes;
    this.#size = firstPrefetch(concurrency, most);
  }

  /** How many messages may be held. */
  get size(): number {
    return this.#size;
  }

  /** Notes the size of a message. */
  measure(bytes: number): void {
    this.#averageBytes += (bytes - this.#averageBytes) / 64;
  }

  /**
   * Notes that messages were completed.
   *
   * @param starved Whether handlers have nothing to do although the server has messages.
   */
  completed(count: number, starved: boolean, now: number): void {
    this.#completed += count;
    this.#starved ||= starved;
    const elapsedMs = now - this.#windowStart;
    const isEarly = this.#starved && this.#completed >= this.#size;
    if (elapsedMs < WINDOW_MS && !isEarly) return;
    this.#size = nextPrefetch({
      size: this.#size,
      concurrency: this.#concurrency,
      most: this.#most,
      perSecond: this.#completed / elapsedMs * 1_000,
      starved: this.#starved,
      averageBytes: this.#averageBytes,
      mostBytes: this.#mostBytes,
    });
    this.#completed = 0;
    this.#starved = false;
    this.#windowStart = now;
  }
}
