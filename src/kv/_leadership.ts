import { ShizukuError } from "../core/mod.ts";
import type { LockClaim } from "./_lock_claim.ts";
import type { LockEngine } from "./_lock_engine.ts";
import { lockFeed, type LockView } from "./_lock_feed.ts";
import { partyOf } from "./_lock_inspection.ts";
import type { Leader, Leadership } from "./election.ts";

/** A leader counts once its term is known to all. */
export async function lead(claim: LockClaim): Promise<ClaimedLeadership> {
  try {
    const term = claim.fence;
    await claim.announce();
    return new ClaimedLeadership(claim, term);
  } catch (error) {
    void claim.release(error);
    throw error;
  }
}

/** Gives who leads, and again whenever that changes, until the signal aborts. */
export async function* leaders(
  engine: LockEngine,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Leader | undefined> {
  let last = "";
  for await (const view of lockFeed(engine.store, name, engine.keyOf(name), signal)) {
    const leader = leaderOf(view, engine.session);
    const next = `${leader?.term}`;
    if (next === last) continue;
    last = next;
    yield leader;
  }
}

function leaderOf({ document, dead }: LockView, own: string): Leader | undefined {
  const [ticket] = document.h;
  if (ticket === undefined || dead.includes(ticket[1])) return undefined;
  const { owner, process, since, session, fence } = partyOf(document, ticket, Date.now());
  if (fence === undefined) return undefined;
  return { owner, process, since, term: fence, isSelf: session === own };
}

/** Holds the write lock of an election. */
export class ClaimedLeadership implements Leadership {
  readonly term: bigint;
  readonly #claim: LockClaim;
  readonly #resigned = new AbortController();
  #signal: AbortSignal | undefined;

  constructor(claim: LockClaim, term: bigint) {
    this.#claim = claim;
    this.term = term;
  }

  get isHeld(): boolean {
    this.#claim.checkLease();
    return this.#claim.isHeld;
  }

  get name(): string {
    return this.#claim.name;
  }

  get signal(): AbortSignal {
    return this.#signal ??= AbortSignal.any([this.#claim.signal, this.#resigned.signal]);
  }

  get fence(): bigint {
    return this.#claim.fence;
  }

  get bucketCreated(): Date {
    return this.#claim.bucketCreated;
  }

  assertHeld(): void {
    this.#claim.assertHeld();
  }

  release(): Promise<void> {
    if (this.isHeld) {
      const reason = `Resigned as leader of ${JSON.stringify(this.name)}`;
      this.#resigned.abort(new ShizukuError("canceled", reason));
    }
    return this.#claim.release();
  }

  resign(): Promise<void> {
    return this.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
