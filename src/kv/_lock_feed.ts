import { getLogger, ShizukuError } from "../core/mod.ts";
import { now } from "./_instant.ts";
import { decodeLock, type StoredLock } from "./_lock_document.ts";
import { LockObserver } from "./_lock_observer.ts";
import type { LockStore } from "./_lock_store.ts";
import type { LockDocument } from "./lock_state.ts";

/** A lock as one sees it who only looks. */
export interface LockView {
  /** What it says. */
  readonly document: LockDocument;
  /** Sessions that have shown no sign of life for the whole of their lease. */
  readonly dead: readonly string[];
}

/** Longest time between two reads: a push may get lost. */
const SAFETY_READ_MS = 2000;
const REQUEST_MS = 5000;

/**
 * Gives a lock as it is, and again whenever it may have changed, until the signal aborts or the
 * loop ends. What is overtaken meanwhile is left out.
 *
 * @throws {ShizukuError} If it cannot be read at first, or may not be heard of; later the loop goes on.
 */
export async function* lockFeed(
  store: LockStore,
  name: string,
  key: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LockView> {
  const observer = new LockObserver("");
  const inbox = new NewestPush();
  let refused: ShizukuError | undefined;
  using _subscription = store.subscribe(
    key,
    (bytes, revision) => inbox.put(bytes, revision),
    (error) => {
      refused = error;
      inbox.wake();
    },
  );
  using _abort = onAbort(signal, () => inbox.wake());
  let isFirst = true;
  while (!signal?.aborted && !store.isClosed) {
    const seen = await readNext(store, name, key, inbox, isFirst);
    if (refused !== undefined) throw refused;
    isFirst = false;
    if (seen !== undefined) observer.observe(seen.document, now());
    const last = inbox.last;
    if (last !== undefined) yield { document: last.document, dead: observer.evictable(now()) };
    if (!signal?.aborted) {
      await inbox.next(Math.min(SAFETY_READ_MS, observer.nextEvictionMs(now())));
    }
  }
}

/** Takes what was pushed, or else reads. */
async function readNext(
  store: LockStore,
  name: string,
  key: string,
  inbox: NewestPush,
  isFirst: boolean,
): Promise<StoredLock | undefined> {
  try {
    const pushed = inbox.take();
    const { bytes, revision } = pushed ?? await store.read(key, REQUEST_MS);
    // A read may be overtaken by a push.
    if (revision !== 0 && revision < (inbox.last?.revision ?? 0)) return undefined;
    const read = decodeLock(name, bytes, revision);
    // One that is no lock is an error here, and not where it is looked at.
    void read.document;
    return inbox.last = read;
  } catch (error) {
    if (isFirst) throw ShizukuError.from(error);
    getLogger(["kv", "locks"]).warn("Cannot read lock {name}: {error}", { name, error });
    return undefined;
  }
}

/** The newest of what was pushed and not taken yet. */
class NewestPush {
  last: StoredLock | undefined;
  #pushed: { readonly bytes: Uint8Array; readonly revision: number } | undefined;
  #wake: (() => void) | undefined;

  put(bytes: Uint8Array, revision: number): void {
    if (revision < (this.#pushed?.revision ?? 0)) return;
    this.#pushed = { bytes, revision };
    this.wake();
  }

  take(): { readonly bytes: Uint8Array; readonly revision: number } | undefined {
    const pushed = this.#pushed;
    this.#pushed = undefined;
    return pushed;
  }

  wake(): void {
    this.#wake?.();
  }

  async next(timeoutMs: number): Promise<void> {
    if (this.#pushed !== undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(20, timeoutMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}

function onAbort(signal: AbortSignal | undefined, listener: () => void): Disposable {
  signal?.addEventListener("abort", listener);
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", listener) };
}
