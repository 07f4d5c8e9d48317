import { getLogger, ShizukuError } from "../core/mod.ts";
import { elapsedAtMost, type Instant, now } from "./_instant.ts";
import { decodeLock, encodeLock, isSameLock } from "./_lock_document.ts";
import { LockObserver } from "./_lock_observer.ts";
import type { Bucket, BucketEntry } from "./bucket.ts";
import { type LockDocument, type LockOperation, step } from "./lock_state.ts";

/** How a claim stands in a document. */
export type Standing = "held" | "waiting" | "absent";

/** What a record needs to know of a claim of this process. */
export interface Claim {
  /** Its id. */
  readonly ticket: string;
  /** Its lease in milliseconds. */
  readonly ttlMs: number;
  /** Whether its session must be kept alive for it. */
  readonly isAlive: boolean;
  /** Whether it waits to be granted. */
  readonly isWaiting: boolean;
  /** Tells how it stands in a newer document. */
  onSeen(standing: Standing, revision: number): void;
  /** Gives it back. */
  release(reason: unknown): Promise<void>;
}

/** Who this process is in the documents. */
export interface Session {
  /** Its id. */
  readonly id: string;
  /** The last number that was used as heartbeat. */
  beat: number;
}

interface Seen {
  readonly document: LockDocument;
  readonly revision: number;
}

interface Submission {
  readonly operation: LockOperation;
  resolve(): void;
  reject(error: unknown): void;
}

/** Longest wait between two reads of a waiter: a push may get lost. */
const SAFETY_READ_MS = 1500;
/** Longest wait for the push of the document that won. */
const PUSH_WAIT_MS = 20;

/**
 * One lock as this process sees it: its last document, its claims and the compare-and-set loop.
 *
 * At most one write is in flight; operations that come meanwhile go into the next one. Nothing
 * runs while there is no claim.
 */
export class LockRecord {
  readonly #bucket: Bucket;
  readonly #name: string;
  readonly #key: string;
  readonly #session: Session;
  readonly #observer: LockObserver;
  readonly #claims = new Map<string, Claim>();
  readonly #logger = getLogger(["kv", "locks"]);
  #seen: Seen | undefined;
  #newest = 0;
  #leaseStart: Instant | undefined;
  /** Revision below a write of which nobody knows whether it was, or will be, done. */
  #doubtful: number | undefined;
  #submissions: Submission[] = [];
  #isWriting = false;
  #subscription: Disposable | undefined;
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #safetyRead: ReturnType<typeof setTimeout> | undefined;
  #onNewer: (() => void) | undefined;

  constructor(bucket: Bucket, name: string, key: string, session: Session) {
    this.#bucket = bucket;
    this.#name = name;
    this.#key = key;
    this.#session = session;
    this.#observer = new LockObserver(session.id);
  }

  /** Whether there is nothing to do and nothing to remember. */
  get isIdle(): boolean {
    return this.#claims.size === 0 && !this.#isWriting;
  }

  /** Milliseconds for which a claim's lease may be relied on. */
  leaseMs(ttlMs: number): number {
    if (this.#leaseStart === undefined) return 0;
    return 0.75 * ttlMs - elapsedAtMost(this.#leaseStart, now());
  }

  /** Takes up a claim, which from now on is kept alive. */
  add(claim: Claim): void {
    this.#claims.set(claim.ticket, claim);
    this.#scheduleRenewal();
  }

  /** Forgets a claim. The next write takes its ticket out of the document. */
  remove(claim: Claim): void {
    this.#claims.delete(claim.ticket);
    this.#settle();
  }

  /** Listens for newer documents as long as a claim waits. */
  async listen(): Promise<void> {
    this.#scheduleSafetyRead();
    if (this.#subscription !== undefined) return;
    this.#subscription = this.#bucket.subscribe(this.#key, (entry) => this.#onPush(entry));
    // What was committed before the server knew of the subscription is not pushed.
    await this.#read();
  }

  /** Gives back all claims, and waits for what is being written. */
  async close(reason: unknown): Promise<void> {
    await Promise.all([...this.#claims.values()].map((claim) => claim.release(reason)));
    if (!this.#isWriting) return;
    try {
      await this.submit({ type: "leave", ticket: "" });
    } catch {
      // Whoever's operation failed has been told; here it only matters that it is over.
    }
  }

  /** Applies an operation; resolves when it is in the stored document. */
  submit(operation: LockOperation): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#submissions.push({ operation, resolve, reject });
      // #writeAll() never rejects.
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#submissions.length > 0) {
      const batch = this.#submissions.splice(0);
      try {
        await this.#mutate(batch.map(({ operation }) => operation));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isWriting = false;
    this.#settle();
  }

  async #mutate(operations: readonly LockOperation[]): Promise<void> {
    let isFresh = false;
    for (;;) {
      if (this.#seen === undefined) isFresh = true;
      const base = this.#seen ?? await this.#read();
      const next = step(base.document, this.#plan(base.document, operations));
      // After a write in doubt another one is needed, so that the first, if it is late, fails.
      if (isSameLock(base.document, next) && this.#doubtful !== base.revision) {
        if (isFresh) return;
        this.#seen = undefined;
      } else {
        if (await this.#write(base, next)) return;
        isFresh = await this.#waitForNewer(base.revision);
      }
    }
  }

  /** The operations, and what each write does besides. */
  #plan({ h, q }: LockDocument, operations: readonly LockOperation[]): LockOperation[] {
    const { id: session } = this.#session;
    const evict = this.#observer.evictable(now());
    const forgotten = [...h, ...q].filter(([ticket, owner]) =>
      owner === session && !this.#claims.has(ticket)
    );
    return [
      ...evict.map((session): LockOperation => ({ type: "evict", session })),
      ...forgotten.map(([ticket]): LockOperation => ({ type: "leave", ticket })),
      ...operations,
      { type: "heartbeat", session, beat: ++this.#session.beat },
    ];
  }

  /** Writes a document on top of another. Gives `false` if it is not known to be done. */
  async #write(base: Seen, document: LockDocument): Promise<boolean> {
    const startedAt = now();
    const options = { revision: base.revision, timeoutMs: this.#writeTimeoutMs() };
    try {
      const revision = await this.#bucket.write(this.#key, encodeLock(document), options);
      if (this.#session.id in document.s) this.#leaseStart = startedAt;
      if (revision > (this.#seen?.revision ?? 0)) this.#see({ document, revision });
      // A newer one was pushed before the acknowledgement came; now the lease is known too.
      else this.#tellClaims(this.#seen!);
      return true;
    } catch (error) {
      const { code } = ShizukuError.from(error);
      if (code === "aborted") return false;
      this.#doubtful = base.revision;
      this.#seen = undefined;
      if (code === "deadline_exceeded") return false;
      throw error;
    }
  }

  /** Makes sure that the document below the next try is another one, or read. */
  async #waitForNewer(revision: number): Promise<boolean> {
    if (this.#subscription !== undefined && this.#seen?.revision === revision) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PUSH_WAIT_MS);
        this.#onNewer = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#onNewer = undefined;
    }
    if (this.#seen !== undefined && this.#seen.revision > revision) return false;
    await this.#read();
    return true;
  }

  async #read(): Promise<Seen> {
    const entry = await this.#bucket.get(this.#key);
    const document = decodeLock(this.#name, entry);
    const seen = { document, revision: entry?.revision ?? 0 };
    this.#see(seen);
    return seen;
  }

  #onPush(entry: BucketEntry): void {
    if (entry.revision <= (this.#seen?.revision ?? 0)) return;
    try {
      this.#see({ document: decodeLock(this.#name, entry), revision: entry.revision });
    } catch (error) {
      this.#logger.error("Ignored a document: {error}", { error });
    }
  }

  #see(seen: Seen): void {
    this.#seen = seen;
    this.#observer.observe(seen.document, now());
    if (seen.revision <= this.#newest) return;
    this.#newest = seen.revision;
    this.#tellClaims(seen);
    this.#onNewer?.();
  }

  #tellClaims({ document, revision }: Seen, claims = [...this.#claims.values()]): void {
    const held = new Set(document.h.map(([ticket]) => ticket));
    const waiting = new Set(document.q.map(([ticket]) => ticket));
    for (const claim of claims) {
      const { ticket } = claim;
      const standing = held.has(ticket) ? "held" : waiting.has(ticket) ? "waiting" : "absent";
      claim.onSeen(standing, revision);
    }
  }

  #scheduleRenewal(): void {
    clearTimeout(this.#renewal);
    const ttlMs = this.#shortestTtlMs();
    if (ttlMs === Infinity) return;
    const spentMs = this.#leaseStart === undefined ? 0 : elapsedAtMost(this.#leaseStart, now());
    // Never at once: a renewal that fails is tried again, and must not spin.
    const delayMs = Math.max(ttlMs / 3 - spentMs, ttlMs / 12);
    this.#renewal = setTimeout(() => void this.#renew(), delayMs);
  }

  async #renew(): Promise<void> {
    try {
      const session = this.#session;
      await this.submit({ type: "heartbeat", session: session.id, beat: ++session.beat });
    } catch (error) {
      this.#logger.warn("Cannot renew lock {name}: {error}", { name: this.#name, error });
    }
    this.#scheduleRenewal();
  }

  #scheduleSafetyRead(): void {
    clearTimeout(this.#safetyRead);
    if (this.#waiting().length === 0) return;
    const delayMs = Math.min(SAFETY_READ_MS, this.#observer.nextEvictionMs(now()));
    this.#safetyRead = setTimeout(() => void this.#readSafely(), Math.max(delayMs, PUSH_WAIT_MS));
  }

  async #readSafely(): Promise<void> {
    try {
      // One whose ticket is gone asks again, which does no harm if this document is an old one.
      this.#tellClaims(await this.#read(), this.#waiting());
      if (this.#observer.evictable(now()).length > 0) await this.#renew();
    } catch (error) {
      this.#logger.warn("Cannot read lock {name}: {error}", { name: this.#name, error });
    }
    this.#scheduleSafetyRead();
  }

  /** Lets go of everything when there is no claim left. */
  #settle(): void {
    if (this.#claims.size > 0) return;
    clearTimeout(this.#renewal);
    clearTimeout(this.#safetyRead);
    this.#leaseStart = undefined;
    if (this.#isWriting) return;
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
  }

  #waiting(): Claim[] {
    return [...this.#claims.values()].filter(({ isWaiting }) => isWaiting);
  }

  #shortestTtlMs(): number {
    const alive = [...this.#claims.values()].filter(({ isAlive }) => isAlive);
    return Math.min(...alive.map(({ ttlMs }) => ttlMs));
  }

  #writeTimeoutMs(): number {
    const ttlMs = this.#shortestTtlMs();
    return ttlMs === Infinity ? 5000 : Math.min(5000, Math.max(100, ttlMs / 4));
  }
}
