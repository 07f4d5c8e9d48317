import { nuid } from "@nats-io/nats-core";
import { type Awaitable, isPromiseLike, ShizukuError } from "../core/mod.ts";
import { KnownEntries, type KnownEntry } from "./_known_entries.ts";
import { canceled, Turns } from "./_turns.ts";
import type { Bucket } from "./bucket.ts";
import type { ModifyOptions } from "./modify_options.ts";

/** What a key is to be written; nothing to leave it as it is. */
export type Next = Pick<KnownEntry, "operation" | "value"> | undefined;

/** Gets the value that is there, if one is, and says what is to become of it. */
export type Change = (found: KnownEntry | undefined) => Awaitable<Next>;

/** What is there after a try, which another write may have come before. */
type Outcome = KnownEntry | undefined | "lost";

/** A change that takes longer lets others try in the meantime: it may wait for one of them. */
const LONGEST_TURN_MS = 100;

/** Changes the keys of one bucket by compare-and-set. One for each bucket that was opened. */
export class Modifier {
  /** Last revisions that this process knows of. */
  readonly known: KnownEntries = new KnownEntries();
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
    const { signal } = options;
    if (signal?.aborted) throw canceled(key, signal);
    const turn = this.#turns.take(key, signal);
    if (turn !== undefined) await turn;
    let hasTurn = true;
    const endTurn = () => {
      if (hasTurn) this.#turns.pass(key);
      hasTurn = false;
    };
    try {
      return present(
        await this.#tryAll(key, (found) => timed(change(present(found)), endTurn), options),
      );
    } catch (error) {
      // The bucket is gone, and has other entries when it is made again.
      if (ShizukuError.from(error).code === "not_found") this.known.clear();
      throw error;
    } finally {
      endTurn();
    }
  }

  async #tryAll(
    key: string,
    change: Change,
    options: ModifyOptions,
  ): Promise<KnownEntry | undefined> {
    const known = this.known.get(key);
    let outcome = known === undefined ? "lost" : await this.#tryKnown(key, known, change);
    if (outcome === "lost") outcome = await this.#tryOnce(key, change, options);
    if (outcome !== "lost") return outcome;
    const tryOnce = () => this.#tryOnce(key, change, options);
    return await (await import("./_troubles.ts")).winAgain(key, options, tryOnce);
  }

  /** Tries on top of what may be an old revision. Only a write that is done proves that it is not. */
  async #tryKnown(key: string, known: KnownEntry, change: Change): Promise<Outcome> {
    let next: Next;
    let failure: { readonly error: unknown } | undefined;
    try {
      next = await change(known);
    } catch (error) {
      failure = { error };
    }
    if (effectOf(known, next) !== undefined) return await this.#write(key, known, next);
    if ((await this.#read(key))?.revision !== known.revision) {
      this.known.forget(key, known.revision);
      return "lost";
    }
    if (failure !== undefined) throw failure.error;
    return known;
  }

  async #tryOnce(key: string, change: Change, { signal }: ModifyOptions): Promise<Outcome> {
    if (signal?.aborted) throw canceled(key, signal);
    const found = await this.#read(key, signal);
    return await this.#write(key, found, await change(found));
  }

  /** Reads through the leader, also where others may answer: to leave a value takes the last one. */
  async #read(key: string, signal?: AbortSignal): Promise<KnownEntry | undefined> {
    const read = () => this.#bucket.get(key, { reads: "leader" });
    try {
      return await read();
    } catch (error) {
      return await (await import("./_troubles.ts")).readAgain(read, error, signal);
    }
  }

  /** Writes on top of a revision, and finds out what became of it if no acknowledgement comes. */
  async #write(key: string, found: KnownEntry | undefined, next: Next): Promise<Outcome> {
    const effect = effectOf(found, next);
    if (effect === undefined) return found;
    const write = { ...effect, key, revision: found?.revision ?? 0, messageId: nuid.next() };
    let revision: number | undefined;
    try {
      revision = await this.#bucket.write(key, effect.value, write);
    } catch (error) {
      if (ShizukuError.from(error).code !== "aborted") {
        const { settleAgain } = await import("./_troubles.ts");
        revision = await settleAgain(this.#bucket, write, error);
      }
    } finally {
      // Also after an error: nobody knows what is there.
      if (revision === undefined) this.known.forget(key, write.revision);
    }
    if (revision === undefined) return "lost";
    const written = { ...effect, revision };
    this.known.set(key, written);
    return written;
  }
}

/** Sees to it that a change which does not answer at once holds up nobody. */
async function timed(next: Awaitable<Next>, endTurn: () => void): Promise<Next> {
  if (!isPromiseLike(next)) return next;
  const timer = setTimeout(endTurn, LONGEST_TURN_MS);
  try {
    return await next;
  } finally {
    clearTimeout(timer);
  }
}

/** What is to be written, if anything is: what is gone need not be deleted. */
function effectOf(found: KnownEntry | undefined, next: Next): Next {
  return next?.operation === "delete" && present(found) === undefined ? undefined : next;
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
