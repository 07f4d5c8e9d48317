import { delay, getLogger, ShizukuError } from "../core/mod.ts";
import { elapsedAtMost, type Instant, now } from "./_instant.ts";
import { decodeLock, encodeText, FREE_TEXT, StoredLock, textOf } from "./_lock_document.ts";
import { LockObserver } from "./_lock_observer.ts";
import { LockQueue } from "./_lock_queue.ts";
import type { LockStore } from "./_lock_store.ts";
import {
  FREE_LOCK,
  type LockDocument,
  type LockMode,
  type LockOperation,
  type LockTicket,
  step,
} from "./lock_state.ts";

/** How a claim stands in a document. */
export type Standing = "held" | "waiting" | "absent";

/** What a record needs to know of a claim of this process. */
export interface Claim {
  /** Its id. */
  readonly ticket: string;
  /** Its lease in milliseconds. */
  readonly ttlMs: number;
  /** How it wants to hold. */
  readonly mode: LockMode;
  /** Whether its session must be kept alive for it. */
  readonly isAlive: boolean;
  /** Whether its join is not known to be stored. */
  readonly isJoining: boolean;
  /** Whether it holds the lock. */
  readonly isHeld: boolean;
  /** Whether it waits to be granted. */
  readonly isWaiting: boolean;
  /** Tells how it stands in a newer document. */
  onSeen(standing: Standing, revision: number, ticket?: LockTicket): void;
  /** Ends it if its lease is over. */
  checkLease(): void;
  /** Gives it back. */
  release(reason: unknown): Promise<void>;
}

/** Who this process is in the documents. */
export interface Session {
  /** Its id. */
  readonly id: string;
  /** The last number that was used as heartbeat. */
  beat: number;
  /** How many claims it has made. */
  claims: number;
}

/** Longest time between two reads of a waiter: a push may get lost. */
const SAFETY_READ_MS = 1000;
/** Longest wait for the push of the document that won. */
const PUSH_WAIT_MS = 20;
/** Longest wait for the push of one who goes first. */
const LET_PASS_MS = 3;
/** How long to stand back on average, at least, at most, and for each process that is there. */
const [STAND_BACK_MS, MAX_STAND_BACK_MS, STAND_BACK_EACH_MS] = [4, 50, 0.5];
/** After so many writes that nobody stood in the way of, a lock counts as crowded no more. */
const MAX_CROWD = 6;
/** For so long a waiter does without looking at the heartbeats of others. */
const OBSERVE_MS = 100;
/** For so long after its last use a contended lock is listened to, so that the next one finds it. */
const LINGER_MS = 1000;
/** From this share of its lease on, a holder is about to renew, or late. */
const DUE = 0.3;
/** Up to this share of its own lease, one who only waits lets others write first. */
const PATIENT = 0.6;
/** Longest time for giving everything back at the end. */
const CLOSE_MS = 5000;
/** Longest wait for an answer of the server. */
const REQUEST_MS = 5000;

/**
 * One lock as this process sees it: its last document, its claims and the compare-and-set loop.
 *
 * At most one write is in flight; operations that come meanwhile go into the next one. Nothing
 * runs while there is no claim.
 */
export class LockRecord {
  readonly #store: LockStore;
  readonly #name: string;
  readonly #key: string;
  readonly #session: Session;
  readonly #observer: LockObserver;
  readonly #queue: LockQueue;
  readonly #claims = new Map<string, Claim>();
  readonly #logger = getLogger(["kv", "locks"]);
  #seen: StoredLock | undefined;
  /** The newest revision that is known of. */
  #newest = 0;
  /** The newest one that the claims were told of. */
  #told = 0;
  /** The document whose heartbeats were looked at last, and when. */
  #observed: StoredLock | undefined;
  #observedAt = 0;
  #leaseStart: Instant | undefined;
  /** Highest revision on top of which a write was sent that may still be done, or be done already. */
  #doubtful = -1;
  #subscription: Disposable | undefined;
  #onNewer: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = 0;
  /** Grows with each write that is refused, shrinks with each one that is not. */
  #crowd = 0;
  /** When to try a renewal again at the earliest. */
  #againAt = 0;
  #readAt = 0;
  #usedAt = 0;
  #lastTtlMs = Infinity;

  constructor(store: LockStore, name: string, key: string, session: Session) {
    this.#store = store;
    this.#name = name;
    this.#key = key;
    this.#session = session;
    this.#observer = new LockObserver(session.id);
    this.#queue = new LockQueue({
      write: (operations) => this.#mutate(operations),
      isClosed: () => this.#store.isClosed,
      onIdle: () => this.#schedule(),
    });
  }

  /** Whether there is nothing to do and nothing to remember. */
  get isIdle(): boolean {
    return this.#claims.size === 0 && !this.#queue.isBusy && this.#subscription === undefined;
  }

  /** Milliseconds for which a claim's lease may be relied on. */
  leaseMs(ttlMs: number): number {
    if (this.#leaseStart === undefined) return 0;
    return 0.75 * ttlMs - elapsedAtMost(this.#leaseStart, now());
  }

  /** Takes up a claim, which from now on is kept alive. */
  add(claim: Claim): void {
    this.#claims.set(claim.ticket, claim);
    this.#lastTtlMs = claim.ttlMs;
  }

  /** Forgets a claim. The next write takes its ticket out of the document. */
  remove(claim: Claim): void {
    this.#claims.delete(claim.ticket);
    if (this.#claims.size > 0) return;
    this.#leaseStart = undefined;
    this.#usedAt = performance.now();
    this.#schedule();
  }

  /** Gives back all claims, and waits for what is being written. */
  async close(reason: unknown): Promise<void> {
    this.#queue.endIn(CLOSE_MS);
    await Promise.all([...this.#claims.values()].map((claim) => claim.release(reason)));
    // Of what is still under way only the end matters; whoever submitted it hears of its failure.
    if (this.#queue.isBusy) await this.submit([], CLOSE_MS).catch(() => {});
    this.#unsubscribe();
    this.#schedule();
  }

  /**
   * Applies operations; resolves when they are in the stored document. All that are submitted
   * within one turn of the event loop, or while a write is in flight, are written together.
   *
   * @param patienceMs For how long to try again while NATS is out of reach.
   * @param onDelay Called whenever it has to be tried again.
   */
  submit(
    operations: readonly LockOperation[],
    patienceMs: number,
    onDelay?: () => void,
  ): Promise<void> {
    return this.#queue.submit(operations, patienceMs, onDelay);
  }

  async #mutate(operations: readonly LockOperation[]): Promise<void> {
    let [tries, hasLetPass] = [0, false];
    for (let refused = -1;;) {
      const isFresh = this.#seen === undefined;
      const base = this.#seen ?? await this.#read(refused);
      if (!hasLetPass && operations.length > 0) {
        hasLetPass = true;
        if (await this.#letPass(base, operations, tries)) continue;
      }
      // A replica that is behind, or a leader that is none any more, needs a moment.
      if (base.revision === refused) await delay(5);
      // Nobody is taken for dead for a heartbeat that has changed since.
      this.#observe(base);
      const document = step(base.document, this.#plan(base.document, operations), Date.now());
      const text = textOf(document);
      if (text === (base.text || FREE_TEXT) && !this.#isDoubtful(base)) {
        if (isFresh) return;
        this.#seen = undefined;
        continue;
      }
      if (document.q.some(([, session]) => session === this.#session.id)) this.#subscribe();
      const isWritten = await this.#write(base, document, text);
      this.#crowd = Math.max(0, Math.min(MAX_CROWD, this.#crowd + (isWritten ? -1 : 1)));
      if (isWritten) return;
      if (operations.length === 0 && this.#isPatient()) return this.#drop(base.revision);
      refused = base.revision;
      [tries, hasLetPass] = [tries + 1, false];
      await this.#waitForNewer(base.revision);
    }
  }

  /**
   * Whether all that this process has here are claims that wait, under a lease that is young enough.
   * Then its renewal is tried once, and again a little later: of many processes that write at once
   * all but one do so in vain, and whoever is slow among them would never be the one.
   */
  #isPatient(): boolean {
    const ttlMs = this.#shortestTtlMs();
    if (ttlMs === Infinity || this.#leaseStart === undefined) return false;
    return !this.#isHolding() && elapsedAtMost(this.#leaseStart, now()) < PATIENT * ttlMs;
  }

  /** Whether to leave the lock to one who holds it and has to renew now. */
  #givesWay(): boolean {
    const seen = this.#seen;
    if (seen === undefined || !this.#isPatient()) return false;
    this.#observe(seen);
    const at = now();
    return seen.document.h.some(([, session]) => this.#observer.spentShare(session, at) >= DUE);
  }

  /**
   * Lets others write first, for a moment, where nobody waits for what this process wants: both would
   * write on top of the same revision, and one would have to do it again. Gives whether it did so.
   *
   * Who asks for a place behind others lets pass who gives the lock back just now, and once he was
   * refused, stands back. So does who gives it back in a crowd although nobody waits for it, as he
   * stands in the way of those who ask.
   */
  async #letPass(
    { document: { s, q }, revision }: StoredLock,
    operations: readonly LockOperation[],
    tries: number,
  ): Promise<boolean> {
    const wanted = q.length > 0 ? "join" : "leave";
    if (this.#isHolding() || !operations.every(({ type }) => type === wanted)) return false;
    if (wanted === "leave") {
      if (this.#crowd === 0) return false;
      await this.#standBack(standBackMs(s));
      return true;
    }
    this.#subscribe();
    if (tries > 0) await delay(standBackMs(s));
    else if (this.#seen?.revision === revision) await this.#nextPush(LET_PASS_MS);
    return true;
  }

  /** Waits, though no longer than until somebody waits for the lock. */
  async #standBack(ms: number): Promise<void> {
    const until = performance.now() + ms;
    for (let leftMs = ms; leftMs >= 1; leftMs = until - performance.now()) {
      await this.#nextPush(leftMs);
      if (this.#seen !== undefined && this.#seen.document.q.length > 0) return;
    }
  }

  /**
   * Whether a document may not be the last one, so that even one that needs no change is written:
   * a write that was sent on top of it, or of a later one, may be done at any moment unless another
   * is done before.
   */
  #isDoubtful({ revision }: StoredLock): boolean {
    return revision <= this.#doubtful || revision < this.#newest;
  }

  /** The operations, and what each write does besides. */
  #plan({ h, q }: LockDocument, operations: readonly LockOperation[]): LockOperation[] {
    const { id } = this.#session;
    const plan: LockOperation[] = [];
    for (const session of this.#observer.evictable(now())) plan.push({ type: "evict", session });
    for (const [ticket, session, mode] of h) {
      if (session !== id) continue;
      const claim = this.#claims.get(ticket);
      if (claim === undefined) plan.push({ type: "leave", ticket });
      else if (mode === "write" && claim.mode === "read") plan.push({ type: "downgrade", ticket });
    }
    for (const [ticket, session] of q) {
      if (session === id && !this.#claims.has(ticket)) plan.push({ type: "leave", ticket });
    }
    for (const operation of operations) {
      // Nobody wants any more what was given up before it could be written.
      if (operation.type !== "join" || this.#claims.has(operation.ticket)) plan.push(operation);
    }
    plan.push({ type: "heartbeat", session: id, beat: ++this.#session.beat });
    return plan;
  }

  /** Writes a document on top of another. Gives `false` if it is not known to be done. */
  async #write(base: StoredLock, document: LockDocument, text: string): Promise<boolean> {
    const startedAt = now();
    try {
      const revision = await this.#store.write(this.#key, encodeText(text), {
        revision: base.revision,
        isFree: document === FREE_LOCK,
        timeoutMs: this.#requestMs(),
      });
      if (revision === undefined) {
        // Others want the lock too: from now on hear of what they write.
        this.#subscribe();
        return false;
      }
      if (this.#session.id in document.s) this.#leaseStart = startedAt;
      const seen = this.#seen;
      // A newer one may be pushed before the acknowledgement comes; now the lease is known too.
      if (seen !== undefined && seen.revision >= revision) this.#tellClaims(seen);
      else this.#see(new StoredLock(this.#name, text, revision, document));
      return true;
    } catch (error) {
      const { code } = ShizukuError.from(error);
      this.#doubtful = Math.max(this.#doubtful, base.revision);
      this.#seen = undefined;
      if (code === "deadline_exceeded") return false;
      throw error;
    }
  }

  /** Makes sure that the next try is on top of another document, which else is read. */
  async #waitForNewer(revision: number): Promise<void> {
    if (this.#subscription !== undefined && this.#seen?.revision === revision) {
      await this.#nextPush(PUSH_WAIT_MS);
    }
    this.#drop(revision);
  }

  async #nextPush(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#onNewer = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onNewer = undefined;
  }

  /** Forgets the last document if it is no newer than this. */
  #drop(revision: number): void {
    if (this.#seen !== undefined && this.#seen.revision <= revision) this.#seen = undefined;
  }

  /** @param refused The revision on top of which a write was refused last. */
  async #read(refused = -1): Promise<StoredLock> {
    this.#readAt = performance.now();
    const isNew = Math.max(this.#newest - 1, this.#doubtful, refused) < 0;
    const { bytes, revision } = await this.#store.read(this.#key, this.#requestMs(), isNew);
    // What was pushed meanwhile is newer.
    if (this.#seen !== undefined && revision !== 0 && this.#seen.revision >= revision) {
      this.#see(this.#seen);
      return this.#seen;
    }
    const read = decodeLock(this.#name, bytes, revision);
    this.#see(read);
    return read;
  }

  #onPush(bytes: Uint8Array, revision: number): void {
    if (!(revision >= this.#newest) || revision === this.#seen?.revision) return;
    const pushed = decodeLock(this.#name, bytes, revision);
    try {
      if (this.#isOfNoInterest(pushed)) this.#skim(pushed);
      else this.#see(pushed);
    } catch (error) {
      this.#logger.error("Ignored a document: {error}", { error });
    }
  }

  /**
   * Whether a document has no news for any claim: those whose join is under way learn from that, and
   * it says of the one that waits that it goes on waiting. Heartbeats must have been looked at lately.
   */
  #isOfNoInterest(pushed: StoredLock): boolean {
    let waiting = 0;
    for (const claim of this.#claims.values()) {
      if (claim.isWaiting) waiting++;
      else if (!claim.isJoining) return false;
    }
    if (waiting === 0) return true;
    const isLate = performance.now() - this.#observedAt > OBSERVE_MS;
    // It says that the session waits, not with how many claims.
    return !isLate && waiting === 1 && pushed.isPlainlyWaiting(this.#session.id);
  }

  /** Takes note of a document without reading it. Its heartbeats are seen later, which is safe. */
  #skim(pushed: StoredLock): void {
    this.#seen = pushed;
    this.#newest = pushed.revision;
    this.#readAt = performance.now();
    this.#onNewer?.();
  }

  #see(seen: StoredLock): void {
    this.#observe(seen);
    this.#seen = seen;
    this.#readAt = performance.now();
    this.#newest = Math.max(this.#newest, seen.revision);
    if (seen.revision <= this.#told) return;
    this.#told = seen.revision;
    this.#tellClaims(seen);
    this.#onNewer?.();
  }

  #observe(seen: StoredLock): void {
    if (this.#observed === seen) return;
    this.#observer.observe(seen.document, now());
    this.#observed = seen;
    this.#observedAt = performance.now();
  }

  #tellClaims({ document: { h, q }, revision }: StoredLock): void {
    const absent = new Set(this.#claims.values());
    const tell = (standing: Standing, ticket: LockTicket) => {
      const claim = this.#claims.get(ticket[0]);
      if (claim === undefined) return;
      absent.delete(claim);
      claim.onSeen(standing, revision, ticket);
    };
    if (absent.size === 0) return;
    for (const ticket of h) tell("held", ticket);
    for (const ticket of q) tell("waiting", ticket);
    for (const claim of absent) claim.onSeen("absent", revision);
  }

  #subscribe(): void {
    this.#subscription ??= this.#store.subscribe(
      this.#key,
      (bytes, revision) => this.#onPush(bytes, revision),
      (error) => this.#onRefused(error),
    );
  }

  /** The user may not hear of the lock: whoever waits would only find out by reading. */
  #onRefused(error: ShizukuError): void {
    this.#subscription = undefined;
    for (const claim of [...this.#claims.values()]) {
      if (claim.isWaiting || claim.isJoining) void claim.release(error);
    }
  }

  #unsubscribe(): void {
    this.#subscription?.[Symbol.dispose]();
    this.#subscription = undefined;
  }

  /** Sets the one timer; one that is set already and early enough looks again by itself. */
  #schedule(): void {
    const dueMs = Math.min(
      this.#renewalMs(),
      this.#leaseEndMs(),
      this.#safetyMs(),
      this.#lingerMs(),
    );
    if (dueMs === Infinity) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    const dueAt = performance.now() + dueMs;
    if (this.#timer !== undefined && this.#timerAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = dueAt;
    this.#timer = setTimeout(() => this.#tick(), Math.max(1, Math.ceil(dueMs)));
  }

  #tick(): void {
    this.#timer = undefined;
    for (const claim of [...this.#claims.values()]) claim.checkLease();
    // Neither of them rejects.
    if (this.#renewalMs() <= 0) void this.#renew();
    if (this.#safetyMs() <= 0) void this.#readSafely();
    if (this.#lingerMs() <= 0) this.#unsubscribe();
    this.#schedule();
  }

  /** Milliseconds until the lease must be renewed: a third of it after the last write. */
  #renewalMs(): number {
    const ttlMs = this.#shortestTtlMs();
    if (ttlMs === Infinity || this.#leaseStart === undefined) return Infinity;
    const againMs = this.#againAt - performance.now();
    return Math.max(ttlMs / 3 - elapsedAtMost(this.#leaseStart, now()), againMs);
  }

  /** Milliseconds until a lease of one that holds is over. */
  #leaseEndMs(): number {
    const ttlMs = this.#shortestTtlMs(({ isHeld }) => isHeld);
    return ttlMs === Infinity ? Infinity : Math.max(0, this.leaseMs(ttlMs));
  }

  /** Milliseconds until a waiter looks whether it missed a push, or somebody is dead. */
  #safetyMs(): number {
    if (!this.#isWaiting()) return Infinity;
    const since = performance.now() - this.#readAt;
    const evictionMs = Math.max(PUSH_WAIT_MS - since, this.#observer.nextEvictionMs(now()));
    return Math.min(SAFETY_READ_MS - since, evictionMs);
  }

  /** Milliseconds until a lock that is not used any more is not listened to either. */
  #lingerMs(): number {
    if (this.#subscription === undefined || this.#claims.size > 0) return Infinity;
    return this.#usedAt + LINGER_MS - performance.now();
  }

  async #renew(): Promise<void> {
    // Not all at the same time.
    const againMs = Math.max(20, this.#shortestTtlMs() / 24) * (0.5 + Math.random());
    this.#againAt = performance.now() + againMs;
    // Every write renews.
    if (this.#queue.isBusy) return;
    try {
      if (this.#givesWay()) return;
      // Who holds for longer wants to hear at once if the lock is taken away.
      this.#subscribe();
      await this.submit([], 0);
    } catch (error) {
      this.#logger.warn("Cannot renew lock {name}: {error}", { name: this.#name, error });
    }
  }

  async #readSafely(): Promise<void> {
    this.#readAt = performance.now();
    try {
      await this.#read();
      if (this.#observer.evictable(now()).length > 0) await this.submit([], 0);
    } catch (error) {
      this.#logger.warn("Cannot read lock {name}: {error}", { name: this.#name, error });
    }
    this.#schedule();
  }

  #isHolding(): boolean {
    for (const { isHeld } of this.#claims.values()) if (isHeld) return true;
    return false;
  }

  #isWaiting(): boolean {
    for (const { isWaiting } of this.#claims.values()) if (isWaiting) return true;
    return false;
  }

  #shortestTtlMs(condition: (claim: Claim) => boolean = ({ isAlive }) => isAlive): number {
    let shortest = Infinity;
    for (const claim of this.#claims.values()) {
      if (condition(claim)) shortest = Math.min(shortest, claim.ttlMs);
    }
    return shortest;
  }

  /** Short enough for several tries within one lease. */
  #requestMs(): number {
    const ttlMs = Math.min(this.#lastTtlMs, this.#shortestTtlMs());
    return Math.min(REQUEST_MS, Math.max(100, ttlMs / 10));
  }
}

/** Longer where there are more, and never the same for two that were refused together. */
function standBackMs(sessions: LockDocument["s"]): number {
  const ms = Math.max(STAND_BACK_MS, Object.keys(sessions).length * STAND_BACK_EACH_MS);
  return Math.min(MAX_STAND_BACK_MS, ms) * (0.5 + Math.random());
}
