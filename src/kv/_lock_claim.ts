import { getLogger, ShizukuError } from "../core/mod.ts";
import type { Claim, LockRecord, Standing } from "./_lock_record.ts";
import { type LockHandle, LockLostError } from "./lock_handle.ts";
import type { LockMode } from "./lock_state.ts";

/** What is claimed, and by whom. */
export interface LockClaimInit {
  /** The lock's name. */
  name: string;
  /** Id of the claim. */
  ticket: string;
  /** Id of this process's session. */
  session: string;
  /** How to hold it. */
  mode: LockMode;
  /** Lease in milliseconds. */
  ttlMs: number;
  /** For people. */
  owner: string | undefined;
}

/** From `joining` on the way to be stored, over `waiting` and `held`, to one of two ends. */
type State = "joining" | "waiting" | "held" | "lost" | "released";

/** One claim to a lock, from its first write to its release. */
export class LockClaim implements LockHandle, Claim {
  readonly #record: LockRecord;
  readonly #init: LockClaimInit;
  readonly #controller = new AbortController();
  readonly #granted: Promise<void>;
  #grant!: () => void;
  #refuse!: (reason: unknown) => void;
  #state: State = "joining";
  #fence = 0n;
  #leaseTimer: ReturnType<typeof setTimeout> | undefined;
  #release: Promise<void> | undefined;

  constructor(record: LockRecord, init: LockClaimInit) {
    this.#record = record;
    this.#init = init;
    this.#granted = new Promise((resolve, reject) => {
      this.#grant = resolve;
      this.#refuse = reject;
    });
    // Who waits hears of it; a claim that nobody waits for any more must not end the process.
    this.#granted.catch(() => {});
  }

  get name(): string {
    return this.#init.name;
  }

  get mode(): LockMode {
    return this.#init.mode;
  }

  get ticket(): string {
    return this.#init.ticket;
  }

  get ttlMs(): number {
    return this.#init.ttlMs;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isAlive(): boolean {
    return this.#state !== "lost" && this.#state !== "released";
  }

  get isWaiting(): boolean {
    return this.#state === "waiting";
  }

  get isHeld(): boolean {
    return this.#state === "held";
  }

  get fence(): bigint {
    this.assertHeld();
    return this.#fence;
  }

  assertHeld(): void {
    if (this.#state === "held" && this.#record.leaseMs(this.ttlMs) <= 0) this.#loseByTime();
    if (this.#state === "held") return;
    if (this.signal.aborted) throw this.signal.reason;
    throw new ShizukuError(
      "failed_precondition",
      `Cannot use lock ${JSON.stringify(this.name)} as it must be held: it was released`,
    );
  }

  /**
   * Asks for the lock.
   *
   * @param wait Whether to queue; if not, look at `isHeld` afterwards.
   */
  async join(wait: boolean): Promise<void> {
    const { ticket, session, mode, ttlMs, owner } = this.#init;
    this.#record.add(this);
    await this.#record.submit({ type: "join", ticket, session, mode, ttlMs, wait, owner });
    if (!wait) return;
    if (this.#state === "joining") {
      this.#state = "waiting";
      await this.#record.listen();
    }
    await this.#granted;
  }

  onSeen(standing: Standing, revision: number): void {
    if (this.#state === "held") {
      if (standing !== "held") this.#loseByEviction();
    } else if (standing === "held") {
      // A grant counts from the moment at which our own lease is known to run.
      if (this.isAlive && this.#record.leaseMs(this.ttlMs) > 0) this.#onGranted(revision);
    } else if (standing === "absent" && this.#state === "waiting") {
      this.#state = "joining";
      this.join(true).catch(this.#refuse);
    }
  }

  /** Gives back what is held, or stops waiting. */
  release(reason?: unknown): Promise<void> {
    return this.#release ??= this.#leave(reason);
  }

  /** Ends a claim that was never in the document. */
  forget(): void {
    this.#state = "released";
    this.#record.remove(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #onGranted(revision: number): void {
    this.#state = "held";
    this.#fence = BigInt(revision);
    this.#watchLease();
    this.#grant();
  }

  #watchLease(): void {
    const leftMs = this.#record.leaseMs(this.ttlMs);
    if (leftMs <= 0) this.#loseByTime();
    else this.#leaseTimer = setTimeout(() => this.#watchLease(), Math.ceil(leftMs));
  }

  /** The claim stays in the document until it is released, or its session is evicted. */
  #loseByTime(): void {
    this.#lose(`it could not be renewed within three quarters of ${this.ttlMs} ms`);
  }

  #loseByEviction(): void {
    this.#lose("another process took this one for dead");
    this.#record.remove(this);
  }

  #lose(reason: string): void {
    this.#state = "lost";
    clearTimeout(this.#leaseTimer);
    getLogger(["kv", "locks"]).warn("Lost lock {name}: {reason}", { name: this.name, reason });
    this.#controller.abort(new LockLostError(this.name, reason));
  }

  async #leave(reason: unknown): Promise<void> {
    this.#state = "released";
    clearTimeout(this.#leaseTimer);
    this.#refuse(
      reason ??
        new ShizukuError("canceled", `Stopped waiting for lock ${JSON.stringify(this.name)}`),
    );
    this.#record.remove(this);
    try {
      await this.#record.submit({ type: "leave", ticket: this.ticket });
    } catch (error) {
      const { name } = this;
      getLogger(["kv", "locks"]).warn("Left lock {name} to its lease: {error}", { name, error });
    }
  }
}
