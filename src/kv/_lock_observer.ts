import { elapsedAtLeast, type Instant } from "./_instant.ts";
import type { LockDocument } from "./lock_state.ts";

interface Observation {
  readonly heartbeat: number;
  readonly ttlMs: number;
  readonly since: Instant;
}

/**
 * Remembers since when the heartbeats of the others have not changed.
 *
 * Only this process's own clock counts, so that no two clocks are ever compared.
 */
export class LockObserver {
  readonly #own: string;
  #observations = new Map<string, Observation>();

  /** @param own Id of the own session, which is never evicted. */
  constructor(own: string) {
    this.#own = own;
  }

  /** Takes note of a document. */
  observe({ s: sessions }: LockDocument, at: Instant): void {
    const observations = new Map<string, Observation>();
    for (const [session, [heartbeat, ttlMs]] of Object.entries(sessions)) {
      if (session === this.#own) continue;
      const known = this.#observations.get(session);
      const isSame = known?.heartbeat === heartbeat && known.ttlMs === ttlMs;
      observations.set(session, isSame ? known : { heartbeat, ttlMs, since: at });
    }
    this.#observations = observations;
  }

  /** Sessions that have shown no sign of life for the whole of their lease. */
  evictable(at: Instant): string[] {
    return [...this.#observations].filter(([, seen]) => remainingMs(seen, at) <= 0)
      .map(([session]) => session);
  }

  /** Milliseconds until a session becomes evictable, `Infinity` if there is none. */
  nextEvictionMs(at: Instant): number {
    return Math.min(...[...this.#observations.values()].map((seen) => remainingMs(seen, at)));
  }
}

function remainingMs({ ttlMs, since }: Observation, at: Instant): number {
  return ttlMs - elapsedAtLeast(since, at);
}
