import { apiErrorCode } from "../connection/mod.ts";
import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import { joinSubjects } from "./_subject_sets.ts";

/** Name of the consumer that keeps schedules. */
const KEEPER = "schedules-keeper";
const CONSUMER_NOT_FOUND = 10014;

/**
 * Keeps the schedules of a stream that drops what nobody is interested in.
 *
 * A durable consumer that nobody pulls from is interest enough, and takes nothing: the server
 * removes a schedule when its message is due.
 */
export async function keepSchedules(
  { consumers }: JetStreamManager,
  { config }: StreamInfo,
  filters: readonly string[],
): Promise<void> {
  if (filters.length === 0 || config.retention !== "interest") return;
  const found = await consumers.info(config.name, KEEPER).catch((thrown) => {
    if (apiErrorCode(thrown) !== CONSUMER_NOT_FOUND) throw thrown;
  });
  const kept = found?.config.filter_subjects ?? [];
  const filter_subjects = joinSubjects(kept, filters);
  if (found === undefined) {
    await consumers.add(config.name, {
      durable_name: KEEPER,
      ack_policy: "explicit",
      filter_subjects,
      description: "Keeps schedules until they are due",
    });
  } else if (filter_subjects.length !== kept.length) {
    await consumers.update(config.name, KEEPER, { filter_subjects });
  }
}
