import { jetstream, type JetStreamManager, type StreamConfig } from "@nats-io/jetstream";
import {
  apiErrorCode,
  borderOf,
  type Connection,
  patientRequests,
  type ResourcePlan,
} from "../connection/mod.ts";
import { checkBucket, describeDrift, driftOf, streamName, wantedConfig } from "./_bucket_config.ts";
import { API_CODE, fromKvError } from "./_kv_error.ts";
import type { BucketOptions } from "./bucket.ts";

const MANAGER = Symbol("kv.plan");

/**
 * Tells what `openBucket()` would do, without doing it.
 *
 * @throws {ShizukuError} `invalid_argument` for a name or option that is not valid.
 * @example
 * ```ts ignore
 * import { planBucket } from "@shizuku/shizuku/kv";
 *
 * const { action, details } = await planBucket(nc, "tickets", { replicas: 3 });
 * console.log(action, details); // update [ "replicas: 1 -> 3" ]
 * ```
 */
export async function planBucket(
  nc: Connection,
  name: string,
  options: BucketOptions = {},
): Promise<ResourcePlan> {
  checkBucket(name, options);
  const resource = { kind: "bucket", name } as const;
  const found = await findConfig(nc, name);
  if (found === undefined) return { ...resource, action: "create", details: [] };
  const drift = driftOf(wantedConfig(name, options), found);
  if (drift.length === 0) return { ...resource, action: "keep", details: [] };
  const isFixed = drift.some(({ field }) => field === "storage");
  const details = [describeDrift(drift)];
  return { ...resource, action: isFixed ? "conflict" : "update", details };
}

async function findConfig(nc: Connection, name: string): Promise<StreamConfig | undefined> {
  const border = borderOf(nc);
  const { streams } = await border.once(
    MANAGER,
    (): Promise<JetStreamManager> => jetstream(patientRequests(border)).jetstreamManager(false),
  );
  try {
    return (await streams.info(streamName(name))).config;
  } catch (error) {
    if (apiErrorCode(error) === API_CODE.streamNotFound) return undefined;
    throw fromKvError(error, `Cannot look for bucket ${name}`);
  }
}
