/**
 * Readers share a lock, a writer has it alone.
 *
 * @example
 * ```ts ignore
 * await using reader = await locks.acquire("orders.7", { mode: "read", timeoutMs: 500 });
 * console.log(reader.mode); // read
 * ```
 */
export type LockMode = "read" | "write";

/**
 * A claim to a lock: its own id, its session's id and the mode; for people, since when it waits or
 * holds (milliseconds of whoever's wall clock wrote it) and who it is; and, once its holder has
 * announced it, the fence.
 *
 * @example
 * ```ts
 * import { FREE_LOCK, type LockTicket, step } from "@shizuku/shizuku/kv";
 *
 * const join = { type: "join", ticket: "t1", session: "s1", ttlMs: 9_000, mode: "write" } as const;
 * const [holder]: readonly LockTicket[] = step(FREE_LOCK, [join]).h;
 * console.log(holder?.[0], holder?.[2]); // t1 write
 * ```
 */
export type LockTicket = readonly [
  ticket: string,
  session: string,
  mode: LockMode,
  since: number,
  owner: string,
  fence?: number,
];

/**
 * A session's heartbeat, another number after each of its writes; its lease; its process.
 *
 * @example
 * ```ts
 * import { FREE_LOCK, type LockSession, step } from "@shizuku/shizuku/kv";
 *
 * const join = { type: "join", ticket: "t1", session: "s1", ttlMs: 9_000, mode: "write" } as const;
 * const session: LockSession | undefined = step(FREE_LOCK, [join]).s.s1;
 * console.log(session?.[1]); // 9000
 * ```
 */
export type LockSession = readonly [heartbeat: number, ttlMs: number, process: string];

/**
 * The state of one lock, as it is stored under one key.
 *
 * @example
 * ```ts
 * import { FREE_LOCK, type LockDocument, step } from "@shizuku/shizuku/kv";
 *
 * const join = { type: "join", ticket: "t1", session: "s1", ttlMs: 30_000, mode: "read" } as const;
 * const document: LockDocument = step(FREE_LOCK, [join, { ...join, ticket: "t2" }]);
 * console.log(document.h.length, document.q.length); // 2 0
 * ```
 */
export interface LockDocument {
  /** Version of the format. */
  readonly v: 1;
  /** Sessions that hold or wait, by id. */
  readonly s: Readonly<Record<string, LockSession>>;
  /** Who holds the lock. */
  readonly h: readonly LockTicket[];
  /** Who waits, first come first. */
  readonly q: readonly LockTicket[];
  /** How many readers may hold it at once, if there is a limit. */
  readonly n?: number;
}

/**
 * A lock that nobody holds or waits for.
 *
 * @example
 * ```ts
 * import { FREE_LOCK } from "@shizuku/shizuku/kv";
 *
 * console.log(FREE_LOCK.h.length + FREE_LOCK.q.length); // 0
 * ```
 */
export const FREE_LOCK: LockDocument = { v: 1, s: {}, h: [], q: [] };

/**
 * Asks for a lock.
 *
 * @example
 * ```ts
 * import { FREE_LOCK, type LockJoin, step } from "@shizuku/shizuku/kv";
 *
 * const join: LockJoin = {
 *   type: "join",
 *   ticket: "t1",
 *   session: "s1",
 *   ttlMs: 30_000,
 *   mode: "write",
 *   wait: false,
 * };
 * console.log(step(FREE_LOCK, [join, { ...join, ticket: "t2" }]).q.length); // 0
 * ```
 */
export interface LockJoin {
  /** What it is. */
  readonly type: "join";
  /** Id of the claim. */
  readonly ticket: string;
  /** Id of who asks; all claims of one process share it. */
  readonly session: string;
  /** Lease of the session, in milliseconds; the longest that it asked for counts. */
  readonly ttlMs: number;
  /** How to hold it. */
  readonly mode: LockMode;
  /** Whether to queue if it is taken. @default {true} */
  readonly wait?: boolean;
  /** How many readers may hold it at once: what the latest join says counts. Default: no limit. */
  readonly limit?: number;
  /** Who it is, for people. */
  readonly owner?: string;
  /** Which process it is in, for people. */
  readonly process?: string;
}

/**
 * A change to a lock. Each may be done twice: the second time it does nothing.
 *
 * @example
 * ```ts
 * import { FREE_LOCK, type LockOperation, step } from "@shizuku/shizuku/kv";
 *
 * const operations: LockOperation[] = [
 *   { type: "join", ticket: "t1", session: "s1", ttlMs: 30_000, mode: "write" },
 *   { type: "leave", ticket: "t1" },
 * ];
 * console.log(step(FREE_LOCK, operations).h.length); // 0
 * ```
 */
export type LockOperation =
  | LockJoin
  | {
    /** Gives the lock back, or stops waiting for it. */
    readonly type: "leave";
    /** Id of the claim. */
    readonly ticket: string;
  }
  | {
    /** Makes a writer of the only holder, and does nothing to one among others. */
    readonly type: "upgrade";
    /** Id of the claim. */
    readonly ticket: string;
  }
  | {
    /** Makes a reader of the writer that holds the lock. */
    readonly type: "downgrade";
    /** Id of the claim. */
    readonly ticket: string;
  }
  | {
    /** Tells everybody the fence of a claim that holds the lock. */
    readonly type: "announce";
    /** Id of the claim. */
    readonly ticket: string;
    /** The fence. */
    readonly fence: number;
  }
  | {
    /** Tells that a session lives. */
    readonly type: "heartbeat";
    /** Its id. */
    readonly session: string;
    /**
     * A number that the session has never used before. Were it counted from 0 after each pause, one
     * who saw the session before the pause would take it for dead after it.
     */
    readonly beat: number;
  }
  | {
    /** Removes a session with all of its claims. Whether it is dead is for the caller to know. */
    readonly type: "evict";
    /** Its id. */
    readonly session: string;
  };

interface Draft {
  sessions: Map<string, LockSession>;
  held: LockTicket[];
  queue: LockTicket[];
  limit: number | undefined;
  /** Claims that leave rather than wait. */
  impatient: Set<string> | undefined;
  /** Wall clock, for people. */
  at: number;
}

/**
 * Applies operations to a lock, then grants: first come, first served.
 *
 * A writer is granted when nobody holds, a reader when no writer does and fewer readers than the
 * limit. So readers share, and a waiting writer holds back the readers that came later. Pure: no
 * clock, no I/O.
 *
 * @param at Milliseconds of the wall clock, to note since when a claim waits or holds. Nothing
 * depends on it.
 * @returns The lock afterwards. Sessions without a claim are gone.
 * @example A second writer waits
 * ```ts
 * import { FREE_LOCK, step } from "@shizuku/shizuku/kv";
 *
 * const join = { type: "join", ticket: "t1", session: "s1", ttlMs: 9_000, mode: "write" } as const;
 * const { h, q } = step(FREE_LOCK, [join, { ...join, ticket: "t2", session: "s2" }]);
 * console.log(h[0]?.[0], q[0]?.[0]); // t1 t2
 * ```
 */
export function step(
  document: LockDocument,
  operations: readonly LockOperation[],
  at: number = 0,
): LockDocument {
  const draft: Draft = {
    sessions: new Map(Object.entries(document.s)),
    held: [...document.h],
    queue: [...document.q],
    limit: document.n,
    impatient: undefined,
    at,
  };
  for (const operation of operations) apply(draft, operation);
  grant(draft);
  const { impatient } = draft;
  if (impatient !== undefined && draft.queue.some(([ticket]) => impatient.has(ticket))) {
    draft.queue = draft.queue.filter(([ticket]) => !impatient.has(ticket));
    grant(draft);
  }
  return toDocument(draft);
}

function toDocument({ sessions, held, queue, limit }: Draft): LockDocument {
  if (held.length + queue.length === 0) return FREE_LOCK;
  const claiming = new Set<string>();
  for (const [, session] of held) claiming.add(session);
  for (const [, session] of queue) claiming.add(session);
  for (const session of sessions.keys()) if (!claiming.has(session)) sessions.delete(session);
  const document = { v: 1, s: Object.fromEntries(sessions), h: held, q: queue } as const;
  return limit === undefined ? document : { ...document, n: limit };
}

function apply(draft: Draft, operation: LockOperation): void {
  switch (operation.type) {
    case "join":
      return join(draft, operation);
    case "leave":
      return keep(draft, ([ticket]) => ticket !== operation.ticket);
    case "evict":
      draft.sessions.delete(operation.session);
      return keep(draft, ([, session]) => session !== operation.session);
    case "heartbeat": {
      const session = draft.sessions.get(operation.session);
      if (session === undefined) return;
      draft.sessions.set(operation.session, [operation.beat, session[1], session[2]]);
      return;
    }
    default:
      return changeHeld(draft, operation);
  }
}

function join(draft: Draft, operation: LockJoin): void {
  const { ticket, session, mode, ttlMs, wait = true, limit, owner = "" } = operation;
  const [heartbeat, longest, process] = draft.sessions.get(session) ?? [0, 0, ""];
  draft.sessions.set(session, [
    heartbeat,
    Math.max(longest, ttlMs),
    operation.process ?? process,
  ]);
  draft.limit = limit;
  const isTicket = ([known]: LockTicket) => known === ticket;
  if (draft.held.some(isTicket) || draft.queue.some(isTicket)) return;
  draft.queue.push([ticket, session, mode, draft.at, owner]);
  if (!wait) (draft.impatient ??= new Set()).add(ticket);
}

type HeldChange = Extract<LockOperation, { type: "upgrade" | "downgrade" | "announce" }>;

function changeHeld({ held }: Draft, operation: HeldChange): void {
  const index = held.findIndex(([ticket]) => ticket === operation.ticket);
  const claim = held[index];
  if (claim === undefined) return;
  const [ticket, session, mode, since, owner] = claim;
  if (operation.type === "announce") {
    held[index] = [ticket, session, mode, since, owner, operation.fence];
  } else if (operation.type === "downgrade") {
    held[index] = [ticket, session, "read", since, owner];
  } else if (held.length === 1) {
    held[index] = [ticket, session, "write", since, owner];
  }
}

function keep(draft: Draft, wanted: (ticket: LockTicket) => boolean): void {
  draft.held = draft.held.filter(wanted);
  draft.queue = draft.queue.filter(wanted);
}

function grant(draft: Draft): void {
  const { held, queue, limit = Infinity, at } = draft;
  let granted = 0;
  for (; granted < queue.length; granted++) {
    const [ticket, session, mode, , owner] = queue[granted]!;
    const isFree = mode === "write"
      ? held.length === 0
      : held.length < limit && held.every(([, , other]) => other === "read");
    if (!isFree) break;
    held.push([ticket, session, mode, at, owner]);
  }
  if (granted > 0) queue.splice(0, granted);
}
