import type { Border } from "../connection/mod.ts";
import { type Backoff, backoffMs, delay, ShizukuError } from "../core/mod.ts";
import { isNoResponders, shouldTryAgain, toAbortError, toPublishError } from "./_publish_error.ts";
import { actionOf } from "./_outgoing_message.ts";
import { isStreamMissing } from "./_stream_lookup.ts";

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
  const endsAt = performance.now() + retryForMs;
  let thrown = failure;
  let misses = 0;
  for (let tries = 1;; tries++) {
    if (signal?.aborted) throw toAbortError(signal, action);
    const isLast = tries >= attempts || performance.now() >= endsAt;
    if (isLast || !shouldTryAgain(thrown)) throw toPublishError(thrown, action);
    if (tries >= SEARCH_FROM && isNoResponders(thrown) && await isStreamMissing(border, subject)) {
      // Not at once: the stream may just be about to be created.
      if (++misses >= SEARCHES) throw noStream(action, thrown);
    }
    await delay(backoffMs(tries, backoff), signal);
    try {
      return await attempt();
    } catch (error) {
      thrown = error;
    }
  }
}

/** The error of a subject that no stream has, so that its publisher need not wait for one. */
function noStream(action: string, cause: unknown): ShizukuError {
  const reason = "a stream must have the subject: there is none, create it with ensureStream()";
  return new ShizukuError("not_found", `${action} as ${reason}`, { stage: "post", cause });
}
