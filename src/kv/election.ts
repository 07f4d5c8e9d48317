import { ShizukuError } from "../core/mod.ts";
import { checkLockName } from "./_check_lock.ts";
import type { ClaimedLeadership } from "./_leadership.ts";
import { type LockKind, LockSpace } from "./_lock_space.ts";
import type { Bucket } from "./bucket.ts";
import type { Lease } from "./lock_handle.ts";
import type { LockOptions, LocksOptions } from "./lock_options.ts";
import type { LockParty, LockReport } from "./lock_report.ts";

/**
 * This process leads, until it resigns or its lease is lost.
 *
 * @example
 * ```ts ignore
 * await using leadership = await election.campaign({ signal });
 * console.log(`Leads in term ${leadership.term}`);
 * await sendReminders({ signal: leadership.signal });
 * ```
 */
export interface Leadership extends Lease {
  /** The term: the fence, also once it is over. A later leader has a larger one. */
  readonly term: bigint;
  /** Aborts when the lease is lost, with a {@linkcode LockLostError}, and when it is given up. */
  readonly signal: AbortSignal;
  /** Gives it up, as `release()` does; the next candidate leads. */
  resign(): Promise<void>;
}

/**
 * Who leads, as everybody sees it.
 *
 * @example
 * ```ts ignore
 * for await (const leader of election.observe({ signal })) {
 *   console.log(leader ? `${leader.process} leads since ${leader.since}` : "Nobody leads");
 * }
 * ```
 */
export interface Leader extends Pick<LockParty, "owner" | "process" | "since"> {
  /** Its term, the same for everybody who looks. */
  readonly term: bigint;
  /** Whether it is this process, by this {@linkcode Election}. */
  readonly isSelf: boolean;
}

/**
 * Options of {@linkcode Election.observe}.
 *
 * @example
 * ```ts ignore
 * for await (const leader of election.observe({ signal })) console.log(leader?.isSelf ?? false);
 * ```
 */
export interface ObserveOptions {
  /** Ends it, without an error. */
  signal?: AbortSignal;
}

/**
 * One of several processes leads at a time. Disposing of it resigns and ends a campaign.
 *
 * @example
 * ```ts ignore
 * import { createElection, type Election } from "@shizuku/shizuku/kv";
 *
 * await using election: Election = createElection(bucket, "reminders", { ttlMs: 15_000 });
 * await using leadership = await election.campaign({ signal });
 * console.log(election.leadership === leadership, `${await election.inspect()}`);
 * ```
 */
export interface Election extends AsyncDisposable {
  /** What is led. */
  readonly name: string;
  /** Leadership of this process, if it leads. */
  readonly leadership: Leadership | undefined;
  /**
   * Waits to become the leader; candidates come in turn.
   *
   * @throws {ShizukuError} `deadline_exceeded` after `timeoutMs`, `canceled` by the signal,
   * `unavailable` if NATS is out of reach for a whole lease, `failed_precondition` if this process
   * campaigns or leads already.
   */
  campaign(options?: LockOptions): Promise<Leadership>;
  /** Gives up the leadership of this process. Without one: does nothing. */
  resign(): Promise<void>;
  /**
   * Gives who leads, or `undefined` while nobody does, and again whenever that changes. A leader
   * that has shown no sign of life for a whole lease counts as none.
   *
   * @throws {ShizukuError} If it cannot be read at first; later it goes on when NATS is back.
   */
  observe(options?: ObserveOptions): AsyncIterable<Leader | undefined>;
  /** Tells who leads and which candidates wait. */
  inspect(): Promise<LockReport>;
  /**
   * Takes the leadership away from whoever has it, see {@linkcode Locks.forceRelease}.
   *
   * @returns The new revision.
   * @throws {ShizukuError} `aborted` if the report is not the last one any more.
   */
  forceRelease(expectedRevision: number): Promise<number>;
}

const KIND: LockKind = {
  prefix: "election",
  plural: "elections",
  action: (_, name) => `campaign for ${JSON.stringify(name)}`,
};

/**
 * Takes part in an election, which lives in a bucket: a write lock that candidates queue for.
 *
 * @param bucket Opened with `republish: true` and without `ttlMs`.
 * @param name What is to be led: any text that is not empty.
 * @throws {ShizukuError} `failed_precondition` for another bucket, `invalid_argument` for a name or
 * options that are not valid.
 * @example One process at a time sends reminders
 * ```ts ignore
 * import { createElection, openBucket } from "@shizuku/shizuku/kv";
 *
 * const bucket = await openBucket(nc, "locks", { republish: true });
 * await using election = createElection(bucket, "reminders");
 * while (!signal.aborted) {
 *   await using leadership = await election.campaign({ signal });
 *   await sendReminders({ signal: leadership.signal, term: leadership.term });
 * }
 * ```
 */
export function createElection(bucket: Bucket, name: string, options: LocksOptions = {}): Election {
  checkLockName("take part in an election", name);
  return new BucketElection(new LockSpace(bucket, KIND, options), name);
}

class BucketElection implements Election {
  readonly name: string;
  readonly #space: LockSpace;
  #isCampaigning = false;
  #leadership: ClaimedLeadership | undefined;

  constructor(space: LockSpace, name: string) {
    this.#space = space;
    this.name = name;
  }

  get leadership(): Leadership | undefined {
    return this.#leadership?.isHeld ? this.#leadership : undefined;
  }

  async campaign(options: LockOptions = {}): Promise<Leadership> {
    if (this.#isCampaigning || this.leadership !== undefined) {
      const { name } = this;
      throw new ShizukuError(
        "failed_precondition",
        `Cannot campaign for ${JSON.stringify(name)} as this process must not do so already: it ` +
          (this.#isCampaigning ? "campaigns" : "leads"),
      );
    }
    this.#isCampaigning = true;
    try {
      const claim = await this.#space.acquire(this.name, "write", options);
      // It has come with the claim.
      const { lead } = await import("./_lock_parts.ts");
      return this.#leadership = await lead(claim);
    } finally {
      this.#isCampaigning = false;
    }
  }

  async resign(): Promise<void> {
    await this.#leadership?.resign();
  }

  async *observe({ signal }: ObserveOptions = {}): AsyncGenerator<Leader | undefined> {
    const { leaders } = await import("./_lock_parts.ts");
    yield* leaders(await this.#space.engine(), this.name, signal);
  }

  inspect(): Promise<LockReport> {
    return this.#space.inspect(this.name);
  }

  forceRelease(expectedRevision: number): Promise<number> {
    return this.#space.forceRelease(this.name, expectedRevision);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#space[Symbol.asyncDispose]();
  }
}
