/** A moment of this process, on both of its clocks, in milliseconds. */
export interface Instant {
  /** Never set back; may stand still while the machine sleeps. */
  readonly monotonic: number;
  /** Goes on while the machine sleeps; may be set. */
  readonly wall: number;
}

/** This moment. */
export function now(): Instant {
  return { monotonic: performance.now(), wall: Date.now() };
}

/** Milliseconds that have passed for sure: what an observer may count. */
export function elapsedAtLeast(since: Instant, until: Instant): number {
  return Math.min(until.monotonic - since.monotonic, until.wall - since.wall);
}

/** Milliseconds that may have passed: what a holder must count. */
export function elapsedAtMost(since: Instant, until: Instant): number {
  return Math.max(until.monotonic - since.monotonic, until.wall - since.wall);
}
