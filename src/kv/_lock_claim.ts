import { getLogger, ShizukuError } from "../core/mod.ts";
import type { Claim, LockRecord, Standing } from "./_lock_record.ts";
import { type LockHandle, LockLostError } from "./lock_handle.ts";
import type { LockJoin, LockMode, LockTicket } from "./lock_state.ts";

/** What is claimed, and by whom. */
export interface LockClaimInit {
  /** The lock's name. */
  readonly name: string;
  /** When its bucket was made. */
  readonly bucketCreated: Date;
  /** How the document is asked. */
  readonly join: Omit<LockJoin, "wait">;
}

/** From `joining` on the way to be stored, over `waiting` and `held`, to one of two ends. */
type State = "joining" | "waiting" | "held" | "lost" | "released";

/** A join is tried for at least so long while NATS is out of reach. */
const JOIN_PATIENCE_MS = 5000;

/** One claim to a lock, from its first write to its release. */
export class LockClaim implements LockHandle, Claim {
  readonly #record: LockRecord;
  readonly #init: LockClaimInit;
  #mode: LockMode;
  #state: State = "joining";
  #standing: Standing = "absent";
  /** How the document says that it is held. */
  #heldMode: LockMode = "read";
  #fence = 0;
  #controller: AbortController | undefined;
  #lost: LockLostError | undefined;
  #grant: (() => void) | undefined;
  #refuse: ((reason: unknown) => void) | undefined;
  #release: Promise<void> | undefined;

  constructor(record: LockRecord, init: LockClaimInit) {
    this.#record = record;
    this.#init = init;
    this.#mode = init.join.mode;
  }

  get name(): string {
    return this.#init.name;
  }

  get mode(): LockMode {
    return this.#mode;
  }

  get bucketCreated(): Date {
    return this.#init.bucketCreated;
  }

  get ticket(): string {
    return this.#init.join.ticket;
  }

  get ttlMs(): number {
    return this.#init.join.ttlMs;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#lost !== undefined) this.#controller.abort(this.#lost);
    }
    return this.#controller.signal;
  }

  get isAlive(): boolean {
    return this.#state !== "lost" && this.#state !== "released";
  }

  get isJoining(): boolean {
    return this.#state === "joining";
  }

  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  get isHeld(): boolean {
    return this.#state === "held";
  }

  get fence(): bigint {
    this.assertHeld();
    return BigInt(this.#fence);
  }

  assertHeld(): void {
    this.checkLease();
    if (this.#state === "held") return;
    if (this.#lost !== undefined) throw this.#lost;
    throw this.#unusable();
  }

  checkLease(): void {
    if (this.#state !== "held" || this.#record.leaseMs(this.ttlMs) > 0) return;
    this.#lose(`it could not be renewed within three quarters of ${this.ttlMs} ms`);
  }

  /** Asks for the lock, and waits for it. */
  async join(): Promise<void> {
    this.#record.add(this);
    const granted = new Promise<void>((resolve, reject) => {
      this.#grant = resolve;
      this.#refuse = reject;
    });
    // Who waits hears of it; a claim that nobody waits for any more must not end the process.
    granted.catch(() => {});
    await this.#submitJoin(true);
    await granted;
  }

  /** Takes the lock if it is free. */
  async tryJoin(): Promise<boolean> {
    this.#record.add(this);
    await this.#submitJoin(false);
    if (this.#state === "held") return true;
    if (this.#standing === "absent") this.#forget();
    else void this.release();
    return false;
  }

  onSeen(standing: Standing, revision: number, ticket?: LockTicket): void {
    this.#standing = standing;
    if (standing === "held") return this.#onHeld(revision, ticket![2]);
    if (this.#state === "held") {
      this.#lose("another process took this one for dead, or released it by force");
    } else if (standing === "waiting") {
      if (this.#state === "joining") this.#state = "waiting";
    } else if (this.#state === "waiting") {
      this.#state = "joining";
      this.#submitJoin(true).catch((error) => this.#refuse?.(error));
    }
  }

  async downgrade(): Promise<void> {
    this.assertHeld();
    if (this.#mode === "read") return;
    this.#mode = "read";
    await this.#submitQuietly("downgrade");
  }

  async tryUpgrade(): Promise<boolean> {
    this.assertHeld();
    if (this.#mode === "write") return true;
    const { ticket, ttlMs } = this;
    const fence = this.#fence;
    // Only while it wants to be a writer, a document that says it is one is left as it is.
    this.#mode = "write";
    try {
      await this.#record.submit([{ type: "upgrade", ticket }], Math.min(ttlMs, JOIN_PATIENCE_MS));
    } catch (error) {
      this.#mode = "read";
      throw error;
    }
    // The fence moved if the document says so.
    if (this.#fence === fence) this.#mode = "read";
    this.assertHeld();
    return this.#fence !== fence;
  }

  /** Tells everybody the fence. */
  async announce(): Promise<void> {
    this.assertHeld();
    const { ticket, ttlMs } = this;
    await this.#record.submit([{ type: "announce", ticket, fence: this.#fence }], ttlMs);
    this.assertHeld();
  }

  /** Gives back what is held, or stops waiting. */
  release(reason?: unknown): Promise<void> {
    return this.#release ??= this.#leave(reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  async #submitJoin(wait: boolean): Promise<void> {
    const { join } = this.#init;
    const patienceMs = wait ? Math.max(this.ttlMs, JOIN_PATIENCE_MS) : JOIN_PATIENCE_MS;
    await this.#record.submit([{ ...join, wait }], patienceMs);
  }

  #onHeld(revision: number, mode: LockMode): void {
    if (this.#state === "held") {
      if (mode === "write" && this.#heldMode === "read") this.#fence = revision;
      this.#heldMode = mode;
      return;
    }
    if (!this.isAlive) return;
    // A grant counts from the moment at which our own lease is known to run.
    if (this.#record.leaseMs(this.ttlMs) <= 0) {
      this.#state = "waiting";
      return;
    }
    this.#state = "held";
    this.#heldMode = mode;
    this.#fence = revision;
    this.#grant?.();
  }

  /** From now on the ticket counts for nothing: the next write of this process takes it out. */
  #lose(reason: string): void {
    this.#state = "lost";
    this.#lost = new LockLostError(this.name, reason);
    getLogger(["kv", "locks"]).warn("Lost lock {name}: {reason}", { name: this.name, reason });
    this.#record.remove(this);
    this.#controller?.abort(this.#lost);
  }

  #forget(): void {
    this.#state = "released";
    this.#record.remove(this);
  }

  async #leave(reason: unknown): Promise<void> {
    this.#forget();
    this.#refuse?.(reason ?? this.#unusable());
    await this.#submitQuietly("leave");
  }

  /**
   * Tried for as long as the lease runs, while the caller waits for the first try only. What then is
   * not written goes with the next write of this process, or ends with the lease.
   */
  #submitQuietly(type: "leave" | "downgrade"): Promise<void> {
    const { name, ticket, ttlMs } = this;
    return new Promise((resolve) => {
      this.#record.submit([{ type, ticket }], ttlMs, resolve).then(resolve, (error) => {
        const logger = getLogger(["kv", "locks"]);
        logger.warn("Could not {type} lock {name}: {error}", { type, name, error });
        resolve();
      });
    });
  }

  #unusable(): ShizukuError {
    return new ShizukuError(
      "failed_precondition",
      `Cannot use lock ${JSON.stringify(this.name)} as it must be held: it was released`,
    );
  }
}
