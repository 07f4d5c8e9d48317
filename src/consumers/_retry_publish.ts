import type { Border } from "../connection/mod.ts";
import { type Backoff, backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { isNoResponders, shouldTryAgain, toAbortError, toPublishError } from "./_publish_error.ts";
import { actionOf } from "./_outgoing_message.ts";
import { streamLookup } from "./_stream_lookup.ts";

/** How long to go on, and how. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly retryForMs: number;
  readonly backoff: Backoff;
}

/** One message, or a batch of them, that is tried until it is stored. */
export interface Retried<T> {
  /** Subject for the messages of errors. */
  readonly subject: string;
  readonly signal: AbortSignal | undefined;
  /** One more try. */
  attempt(): Promise<T>;
}

/** After how many tries that nobody has heard a stream is searched, and how often in vain. */
const SEARCH_FROM = 3;
const SEARCHES = 3;

/**
 * Tries again after a failure, for as long as another end is possible.
 *
 * @param failure What the first try has ended with.
 * @throws {ShizukuError} The last failure, or what shows that no try can help.
 */
export async function retryPublish<T>(
  border: Border,
  failure: unknown,
  { subject, signal, attempt }: Retried<T>,
  { attempts, retryForMs, backoff }: RetryPolicy,
): Promise<T> {
  const action = actionOf(subject);
  const search = new Search(border, subject);
  const endsAt = performance.now() + retryForMs;
  let thrown = failure;
  for (let tries = 1;; tries++) {
    if (signal?.aborted) throw toAbortError(signal, action);
    const isLast = tries >= attempts || performance.now() >= endsAt;
    if (isLast || !shouldTryAgain(thrown)) throw toPublishError(thrown, action);
    if (isNoResponders(thrown)) await search.next(tries, thrown);
    await delay(backoffMs(tries, backoff), signal);
    try {
      return await attempt();
    } catch (error) {
      thrown = error;
    }
  }
}

/** Finds out that no stream has a subject, so that its publisher need not wait for one. */
class Search {
  readonly #border: Border;
  readonly #subject: string;
  #misses = 0;

  constructor(border: Border, subject: string) {
    this.#border = border;
    this.#subject = subject;
  }

  async next(tries: number, cause: unknown): Promise<void> {
    if (tries < SEARCH_FROM) return;
    if (!await streamLookup(this.#border).isMissing(this.#subject)) return;
    // Not at once: the stream may just be about to be created.
    if (++this.#misses < SEARCHES) return;
    throw new ShizukuError(
      "not_found",
      `${actionOf(this.#subject)} as a stream must have the subject: there is none, create it ` +
        `with ensureStream()`,
      { stage: "post", cause },
    );
  }
}
