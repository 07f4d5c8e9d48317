import { elapsedAtLeast, type Instant } from "./_instant.ts";
import type { LockDocument } from "./lock_state.ts";

interface Observation {
  readonly heartbeat: number;
  readonly ttlMs: number;
  since: Instant;
}

/**
 * Remembers since when the heartbeats of the others have not changed.
 *
 * Only this process's own clocks count, so that no two processes' clocks are ever compared.
 */
export class LockObserver {
  readonly #own: string;
  #observations = new Map<string, Observation>();
  #last: Instant | undefined;

  /** @param own Id of the own session, which is never evicted. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Takes note of a document. */
  observe({ s: sessions }: LockDocument, at: Instant): void {
    this.#catchUp(at);
    const observations = new Map<string, Observation>();
    for (const session in sessions) {
      if (session === this.#own) continue;
      const [heartbeat, ttlMs] = sessions[session]!;
      const known = this.#observations.get(session);
      const isSame = known?.heartbeat === heartbeat && known.ttlMs === ttlMs;
      observations.set(session, isSame ? known : { heartbeat, ttlMs, since: at });
    }
    this.#observations = observations;
  }

  /** Sessions that have shown no sign of life for the whole of their lease. */
  evictable(at: Instant): string[] {
    if (this.#observations.size === 0) return [];
    this.#catchUp(at);
    return [...this.#observations].filter(([, seen]) => remainingMs(seen, at) <= 0)
      .map(([session]) => session);
  }

  /** How much of its lease has passed since a session was last heard of: 1 is all of it. */
  spentShare(session: string, at: Instant): number {
    const seen = this.#observations.get(session);
    if (seen === undefined) return 0;
    this.#catchUp(at);
    return elapsedAtLeast(seen.since, at) / seen.ttlMs;
  }

  /** Milliseconds until a session becomes evictable, `Infinity` if there is none. */
  nextEvictionMs(at: Instant): number {
    this.#catchUp(at);
    let next = Infinity;
    for (const seen of this.#observations.values()) next = Math.min(next, remainingMs(seen, at));
    return next;
  }

  /**
   * Where the wall clock was set back since the last look, only the time between the two looks is
   * not counted. Else a dead session would be waited for as long as the clock was set back.
   */
  #catchUp(at: Instant): void {
    const setBackMs = this.#last === undefined ? 0 : Math.min(0, at.wall - this.#last.wall);
    this.#last = at;
    if (setBackMs === 0) return;
    for (const seen of this.#observations.values()) {
      const { monotonic, wall } = seen.since;
      seen.since = { monotonic, wall: wall + setBackMs };
    }
  }
}

function remainingMs({ ttlMs, since }: Observation, at: Instant): number {
  return ttlMs - elapsedAtLeast(since, at);
}
