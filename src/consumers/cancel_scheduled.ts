import type { Connection } from "../connection/mod.ts";
import type { Scheduled } from "./publish_options.ts";

/**
 * Takes back an event that was scheduled, also by another process: from what `schedule()` returned.
 *
 * @returns Whether it still waited.
 * @throws {ShizukuError} `not_found` if there is no such stream, `deadline_exceeded` if the
 * answer does not come: it may be canceled.
 * @example
 * ```ts ignore
 * import { cancelScheduled } from "@shizuku/shizuku/consumers";
 *
 * await cancelScheduled(nc, { stream: "orders", subject: "schedule.order.reminded.7.7" });
 * ```
 */
export async function cancelScheduled(
  connection: Connection,
  scheduled: Pick<Scheduled, "stream" | "subject">,
): Promise<boolean> {
  const { cancel } = await import("./_bulk_parts.ts");
  return await cancel(connection, scheduled);
}
