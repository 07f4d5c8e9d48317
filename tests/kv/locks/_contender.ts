/** What a contender does. */
export interface ContenderOptions {
  /** Which one it is, from 0. */
  readonly index: number;
  /** How often it was started before. */
  readonly incarnation: number;
  /** Addresses of the servers. */
  readonly servers: readonly string[];
  /** File for its history. */
  readonly log: string;
  /** Lease in milliseconds. */
  readonly ttlMs: number;
  /** How many requests it has under way at once. */
  readonly workers: number;
  /** Whether each of them has a session of its own, as if it were a process. */
  readonly hasOwnSessions: boolean;
  /** Share of readers, 0 to 1. */
  readonly readShare: number;
  /** Share of requests that are given up within 30 ms. */
  readonly abortShare: number;
  /** Longest hold in milliseconds. */
  readonly holdMs: number;
  /** Hold of one in a hundred, in milliseconds. */
  readonly longHoldMs: number;
  /** Longest pause between two requests in milliseconds. */
  readonly thinkMs: number;
  /** How its own clocks run wrong. */
  readonly clock?: {
    /** How fast both of them run; 1 is right. */
    readonly rate?: number;
    /** How far the wall clock is set forward, or back, again and again. */
    readonly jumpMs?: number;
    /** How often, in milliseconds. */
    readonly everyMs?: number;
  };
}
