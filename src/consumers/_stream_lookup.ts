import type { Border } from "../connection/mod.ts";

/** How long an answer may take, in milliseconds. */
const TIMEOUT_MS = 2_000;
const LOOKUP = Symbol("streamLookup");

/**
 * Whether the server knows that no stream has a subject: so one that does not exist is told from one
 * that has no leader at the moment.
 *
 * Everything else counts as no: the server has no answer either, it may not be asked, or another
 * message of the connection asks already. Many messages fail at once, and one question at a time is
 * enough.
 */
export async function isStreamMissing(border: Border, subject: string): Promise<boolean> {
  const lookup = border.once(LOOKUP, () => ({ isBusy: false }));
  if (lookup.isBusy) return false;
  lookup.isBusy = true;
  try {
    const question = JSON.stringify({ subject });
    const options = { timeoutMs: TIMEOUT_MS };
    const reply = await border.call("$JS.API.STREAM.NAMES", question, options);
    const { error, streams } = reply.json<{ error?: unknown; streams?: string[] | null }>();
    return error === undefined && !streams?.length;
  } catch {
    // No answer says nothing; the message is tried again.
    return false;
  } finally {
    lookup.isBusy = false;
  }
}
