import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { CONSUMER_NOT_FOUND, ignore, STREAM_NOT_FOUND } from "../connection/mod.ts";
import { joinSubjects } from "./_subject_sets.ts";

/** Name of the consumer that keeps schedules. */
const KEEPER = "schedules-keeper";

/**
 * Keeps the schedules of a stream that drops what nobody is interested in.
 *
 * A durable consumer that nobody pulls from is interest enough, and takes nothing: the server
 * removes a schedule when its message is due.
 */
export async function keepSchedules(
  { consumers }: Pick<JetStreamManager, "consumers">,
  { config }: StreamInfo,
  filters: readonly string[],
): Promise<void> {
  if (filters.length === 0 || config.retention !== "interest") return;
  const { kept, wanted } = await keptSchedules({ consumers }, config.name, filters);
  if (kept === undefined) {
    await consumers.add(config.name, {
      durable_name: KEEPER,
      ack_policy: "explicit",
      filter_subjects: wanted,
      description: "Keeps schedules until they are due",
    });
  } else if (wanted.length !== kept.length) {
    await consumers.update(config.name, KEEPER, { filter_subjects: wanted });
  }
}

/** Name of the keeper of a stream, what it keeps, if it is there, and what it has to keep. */
export async function keptSchedules(
  { consumers }: Pick<JetStreamManager, "consumers">,
  stream: string,
  filters: readonly string[],
): Promise<{ name: string; kept: readonly string[] | undefined; wanted: string[] }> {
  const found = await consumers.info(stream, KEEPER)
    .catch(ignore(CONSUMER_NOT_FOUND, STREAM_NOT_FOUND));
  const kept = found && (found.config.filter_subjects ?? []);
  return { name: KEEPER, kept, wanted: joinSubjects(kept ?? [], filters) };
}
