import type { Border } from "../connection/mod.ts";

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 2_000;
const LOOKUP = Symbol("streamLookup");

/** The lookup of a connection: one for all. */
export function streamLookup(border: Border): StreamLookup {
  return border.once(LOOKUP, () => new StreamLookup(border));
}

/** Tells a stream that does not exist from one that has no leader at the moment. */
export class StreamLookup {
  readonly #border: Border;
  #isBusy = false;

  constructor(border: Border) {
    this.#border = border;
  }

  /**
   * Whether the server knows that no stream has a subject.
   *
   * Everything else counts as no: the server has no answer either, it may not be asked, or another
   * message asks already. Many messages fail at once, and one question at a time is enough.
   */
  async isMissing(subject: string): Promise<boolean> {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    try {
      const question = JSON.stringify({ subject });
      const options = { timeoutMs: TIMEOUT_MS };
      const reply = await this.#border.call("$JS.API.STREAM.NAMES", question, options);
      const { error, streams } = reply.json<{ error?: unknown; streams?: string[] | null }>();
      return error === undefined && (streams ?? []).length === 0;
    } catch {
      // No answer says nothing; the message is tried again.
      return false;
    } finally {
      this.#isBusy = false;
    }
  }
}
