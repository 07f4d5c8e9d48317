import type { Border } from "./border.ts";
import { type ApiError, JetStreamError } from "./jetstream_error.ts";

/**
 * Asks the JetStream API once, and reads its answer.
 *
 * @param subject After `$JS.API.`: `STREAM.PURGE.orders`.
 * @param request What is asked, if the subject does not say it all.
 * @throws {JetStreamError} If the server refuses.
 * @throws {Error} As {@linkcode Border.call} does.
 * @see ADR-1 (JetStream JSON API design)
 */
export async function askJetStream<T>(
  border: Border,
  subject: string,
  request: object | undefined,
  timeoutMs: number,
): Promise<T> {
  const payload = request && JSON.stringify(request);
  const reply = await border.call(`$JS.API.${subject}`, payload, { timeoutMs });
  const answer = reply.json<T & { readonly error?: ApiError }>();
  if (answer.error !== undefined) throw JetStreamError.of(answer.error);
  return answer;
}
