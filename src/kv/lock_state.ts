/** Readers share a lock, a writer has it alone. */
export type LockMode = "read" | "write";

/** A claim to a lock: its own id, its session's id, the mode, and who it is, for people. */
export type LockTicket = readonly [
  ticket: string,
  session: string,
  mode: LockMode,
  owner?: string,
];

/** A session's heartbeat, another number after each of its writes, and its lease. */
export type LockSession = readonly [heartbeat: number, ttlMs: number];

/** The state of one lock, as it is stored under one key. */
export interface LockDocument {
  /** Version of the format. */
  readonly v: 1;
  /** Sessions that hold or wait, by id. */
  readonly s: Readonly<Record<string, LockSession>>;
  /** Who holds the lock. */
  readonly h: readonly LockTicket[];
  /** Who waits, first come first. */
  readonly q: readonly LockTicket[];
}

/** A lock that nobody holds or waits for. */
export const FREE_LOCK: LockDocument = { v: 1, s: {}, h: [], q: [] };

/** A change to a lock. Each may be done twice: the second time it does nothing. */
export type LockOperation =
  | {
    /** Asks for the lock. */
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
    /** For people. */
    readonly owner?: string;
  }
  | {
    /** Gives the lock back, or stops waiting for it. */
    readonly type: "leave";
    /** Id of the claim. */
    readonly ticket: string;
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
  /** Claims that leave rather than wait. */
  impatient: Set<string>;
}

/**
 * Applies operations to a lock, then grants: first come, first served.
 *
 * A writer is granted when nobody holds, a reader when no writer does. So readers share, and a
 * waiting writer holds back the readers that came later. Pure: no clock, no I/O.
 *
 * @returns The lock afterwards. Sessions without a claim are gone.
 */
export function step(document: LockDocument, operations: readonly LockOperation[]): LockDocument {
  const draft: Draft = {
    sessions: new Map(Object.entries(document.s)),
    held: [...document.h],
    queue: [...document.q],
    impatient: new Set(),
  };
  for (const operation of operations) apply(draft, operation);
  grant(draft);
  if (draft.queue.some(([ticket]) => draft.impatient.has(ticket))) {
    draft.queue = draft.queue.filter(([ticket]) => !draft.impatient.has(ticket));
    grant(draft);
  }
  return {
    v: 1,
    s: Object.fromEntries([...draft.sessions].filter(([session]) => hasClaim(draft, session))),
    h: draft.held,
    q: draft.queue,
  };
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
      draft.sessions.set(operation.session, [operation.beat, session[1]]);
    }
  }
}

function join(draft: Draft, operation: Extract<LockOperation, { type: "join" }>): void {
  const { ticket, session, mode, ttlMs, wait = true, owner } = operation;
  const [heartbeat, longest] = draft.sessions.get(session) ?? [0, 0];
  draft.sessions.set(session, [heartbeat, Math.max(longest, ttlMs)]);
  if ([...draft.held, ...draft.queue].some(([known]) => known === ticket)) return;
  draft.queue.push(
    owner === undefined ? [ticket, session, mode] : [ticket, session, mode, owner],
  );
  if (!wait) draft.impatient.add(ticket);
}

function keep(draft: Draft, wanted: (ticket: LockTicket) => boolean): void {
  draft.held = draft.held.filter(wanted);
  draft.queue = draft.queue.filter(wanted);
}

function grant(draft: Draft): void {
  for (let next = draft.queue[0]; next !== undefined; next = draft.queue[0]) {
    const isFree = next[2] === "write"
      ? draft.held.length === 0
      : draft.held.every(([, , mode]) => mode === "read");
    if (!isFree) return;
    draft.held.push(next);
    draft.queue.shift();
  }
}

function hasClaim({ held, queue }: Draft, id: string): boolean {
  return held.some(([, session]) => session === id) || queue.some(([, session]) => session === id);
}
