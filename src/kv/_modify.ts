import { nuid } from "@nats-io/nats-core";
import { type Awaitable, backoffMs, delay, isPromiseLike, ShizukuError } from "../core/mod.ts";
import { type KnownEntries, KnownEntries as Known, type KnownEntry } from "./_known_entries.ts";
import { saysConflict } from "./_says.ts";
import type { Conditional } from "./_settle.ts";
import { canceled, Turns } from "./_turns.ts";
import type { Bucket } from "./bucket.ts";
import type { ModifyOptions } from "./modify_options.ts";

/** What is to become of a key. */
export type Next =
  | { readonly operation: "keep" }
  | { readonly operation: "put"; readonly value: Uint8Array }
  | { readonly operation: "delete" };

/** Gets what is there and says what is to become of it. */
export type Change = (found: KnownEntry | undefined) => Awaitable<Next>;

const BACKOFF = { initialMs: 1, maxMs: 50 };
/** A change that takes longer lets others try in the meantime: it may wait for one of them. */
const LONGEST_TURN_MS = 100;
const NOTHING: Uint8Array = new Uint8Array();

/** Changes the keys of one bucket by compare-and-set. One for each bucket that was opened. */
export class Modifier {
  /** Last revisions that this process knows of. */
  readonly known: KnownEntries = new Known();
  readonly #bucket: Bucket;
  readonly #turns = new Turns();

  constructor(bucket: Bucket) {
    this.#bucket = bucket;
  }

  /**
   * Changes a key.
   *
   * @returns What is there then: what was written, or what was left as it is; `undefined` if there
   * is nothing.
   */
  async modify(
    key: string,
    change: Change,
    options: ModifyOptions = {},
  ): Promise<KnownEntry | undefined> {
    if (options.signal?.aborted) throw canceled(key, options.signal.reason);
    if (!this.#turns.tryTake(key)) await this.#turns.wait(key, options.signal);
    using turn = new Turn(() => this.#turns.pass(key));
    try {
      return await this.#tryAll(key, (found) => turn.measure(change(found)), options);
    } catch (error) {
      // The bucket is gone, and has other entries when it is made again.
      if (ShizukuError.is(error) && error.code === "not_found") this.known.clear();
      throw error;
    }
  }

  async #tryAll(
    key: string,
    change: Change,
    { attempts = 1000, signal }: ModifyOptions,
  ): Promise<KnownEntry | undefined> {
    const known = this.known.get(key);
    if (known !== undefined) {
      const outcome = await this.#tryKnown(key, known, change);
      if (outcome !== "lost") return present(outcome);
    }
    for (let attempt = 1; attempt <= attempts; attempt++) {
      // The first loser tries again at once.
      if (attempt > 2) await delay(backoffMs(attempt - 2, BACKOFF), signal);
      if (signal?.aborted) throw canceled(key, signal.reason);
      const found = await this.#read(key, signal);
      const outcome = await this.#write(key, found, await change(found));
      if (outcome !== "lost") return present(outcome);
    }
    throw new ShizukuError(
      "aborted",
      `Cannot modify ${key}: another writer came first in each of ${attempts} attempts`,
    );
  }

  /** Tries on top of what may be an old revision. Only a write that is done proves that it is not. */
  async #tryKnown(
    key: string,
    known: KnownEntry,
    change: Change,
  ): Promise<KnownEntry | undefined | "lost"> {
    let next: Next;
    try {
      next = await change(known);
    } catch (error) {
      if (await this.#isStill(key, known)) throw error;
      return "lost";
    }
    if (effectOf(known, next) === undefined) {
      return await this.#isStill(key, known) ? known : "lost";
    }
    return await this.#write(key, known, next);
  }

  /** Reads through the leader, also where others may answer: to leave a value takes the last one. */
  async #read(key: string, signal?: AbortSignal): Promise<KnownEntry | undefined> {
    const read = () => this.#bucket.get(key, { reads: "leader" });
    try {
      return await read();
    } catch (error) {
      const { readAgain } = await import("./_troubles.ts");
      return await readAgain(read, error, signal);
    }
  }

  async #isStill(key: string, { revision }: KnownEntry): Promise<boolean> {
    const found = await this.#read(key);
    if (found?.revision === revision) return true;
    this.known.forget(key, revision);
    return false;
  }

  /** Writes on top of a revision; `lost` if another write came first. */
  async #write(
    key: string,
    found: KnownEntry | undefined,
    next: Next,
  ): Promise<KnownEntry | undefined | "lost"> {
    const effect = effectOf(found, next);
    if (effect === undefined) return found;
    const basedOn = found?.revision ?? 0;
    const { operation, value } = effect;
    let revision: number | undefined;
    try {
      revision = await settle(this.#bucket, { key, value, operation, revision: basedOn });
    } finally {
      // Also after an error: nobody knows what is there.
      if (revision === undefined) this.known.forget(key, basedOn);
    }
    if (revision === undefined) return "lost";
    const written = { value, revision, operation };
    this.known.set(key, written);
    return written;
  }
}

/**
 * Writes on top of a revision, and finds out what became of it when no acknowledgement comes.
 *
 * @returns The new revision, or `undefined` if another write came first.
 */
async function settle(bucket: Bucket, write: Conditional): Promise<number | undefined> {
  const { key, value, operation, revision } = write;
  const messageId = nuid.next();
  try {
    return await bucket.write(key, value, { revision, operation, messageId });
  } catch (error) {
    if (saysConflict(error)) return undefined;
    const { settleAgain } = await import("./_troubles.ts");
    return await settleAgain(bucket, write, messageId, error);
  }
}

/** The turn of one change. It ends with the change, or earlier if that takes long. */
class Turn implements Disposable {
  readonly #pass: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(pass: () => void) {
    this.#pass = pass;
  }

  /** Sees to it that a change which does not answer at once holds up nobody. */
  async measure(next: Awaitable<Next>): Promise<Next> {
    if (!isPromiseLike(next) || this.#isOver) return await next;
    this.#timer = setTimeout(() => this.#end(), LONGEST_TURN_MS);
    try {
      return await next;
    } finally {
      clearTimeout(this.#timer);
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pass();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#end();
  }
}

/** What is to be written, if anything is. */
function effectOf(
  found: KnownEntry | undefined,
  next: Next,
): Pick<KnownEntry, "operation" | "value"> | undefined {
  if (next.operation === "put") return next;
  // What is gone need not be deleted.
  if (next.operation === "keep" || present(found) === undefined) return undefined;
  return { operation: "delete", value: NOTHING };
}

function present(found: KnownEntry | undefined): KnownEntry | undefined {
  return found?.operation === "put" ? found : undefined;
}

const modifiers = new WeakMap<Bucket, Modifier>();

/** The one modifier of a bucket. */
export function modifierOf(bucket: Bucket): Modifier {
  let modifier = modifiers.get(bucket);
  if (modifier === undefined) modifiers.set(bucket, modifier = new Modifier(bucket));
  return modifier;
}
