import { askJetStream, type Border } from "../connection/mod.ts";

/**
 * Removes the messages of a subject.
 *
 * @returns How many there were.
 */
export async function purgeSubject(
  border: Border,
  stream: string,
  subject: string,
  timeoutMs: number,
): Promise<number> {
  const request = { filter: subject };
  const { purged = 0 } = await askJetStream<{ purged?: number }>(
    border,
    `STREAM.PURGE.${stream}`,
    request,
    timeoutMs,
  );
  return purged;
}
