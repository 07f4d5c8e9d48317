/**
 * Makes, compares and changes the streams behind buckets; loaded when the first one is opened.
 *
 * @module
 */
import {
  jetstream,
  type JetStreamManager,
  type StreamAPI,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream";
import {
  apiErrorCode,
  borderOf,
  type Connection,
  patientRequests,
  requireServer,
  type ResourcePlan,
  STREAM_NAME_IN_USE,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import {
  checkBucket,
  createConfig,
  describeDrift,
  type Drift,
  driftOf,
  wantedConfig,
} from "./_bucket_config.ts";
import { pushPrefix, streamName } from "./_bucket_names.ts";
import type { OpenedStream } from "./_bucket_stream.ts";
import { fromKvError } from "./_kv_error.ts";
import { SoleServer } from "./_sole_server.ts";
import * as troubles from "./_troubles.ts";
import type { JetStream } from "./_watch_stream.ts";
import type { BucketOptions } from "./bucket.ts";

/** Opens the stream of a bucket. @throws {ShizukuError} As `openBucket()` does. */
export async function openStream(
  nc: Connection,
  name: string,
  options: BucketOptions,
): Promise<OpenedStream> {
  checkBucket(name, options);
  requireServer(nc, `Cannot open bucket ${name}`);
  const jetStream = await jetStreamOf(nc);
  const info = await ensureStream(await managerOf(nc), name, options);
  const isPushed = info.config.republish?.dest === `${pushPrefix(name)}>`;
  const sole = new SoleServer(jetStream, info);
  const mayBeDirect = options.reads === "direct" || sole.isSole !== false;
  return {
    jetStream,
    info,
    sole,
    troubles,
    DirectReads: mayBeDirect ? (await loadDirectParts()).DirectReads : undefined,
    loadDirectParts,
    isPushed,
    subscribe: isPushed ? (await loadDirectParts()).subscribe : troubles.refusePushes,
  };
}

function loadDirectParts(): Promise<typeof import("./_direct_parts.ts")> {
  return import("./_direct_parts.ts");
}

/** Tells what opening would do. @throws {ShizukuError} As `planBucket()` does. */
export async function planStream(
  nc: Connection,
  name: string,
  options: BucketOptions,
): Promise<ResourcePlan> {
  checkBucket(name, options);
  const resource = { kind: "bucket", name } as const;
  const found = await findConfig(await managerOf(nc), name);
  if (found === undefined) return { ...resource, action: "create", details: [] };
  const drift = driftOf(wantedConfig(name, options), found);
  if (drift.length === 0) return { ...resource, action: "keep", details: [] };
  const isFixed = drift.some(({ field }) => field === "storage");
  const details = [describeDrift(drift)];
  return { ...resource, action: isFixed ? "conflict" : "update", details };
}

async function findConfig(
  { streams }: JetStreamManager,
  name: string,
): Promise<StreamConfig | undefined> {
  try {
    return (await streams.info(streamName(name))).config;
  } catch (error) {
    if (apiErrorCode(error) === STREAM_NOT_FOUND) return undefined;
    throw fromKvError(error, `Cannot look for bucket ${name}`);
  }
}

const CLIENT = Symbol("kv.jetstream");

function jetStreamOf(connection: Connection): Promise<JetStream> {
  return borderOf(connection).once(CLIENT, async (nc) => {
    const client = jetstream(nc);
    // Without the check of the API, this asks the server for nothing and cannot fail.
    return { nc, client, manager: await client.jetstreamManager(false) };
  });
}

const MANAGER = Symbol("kv.manager");

/** Manages streams also while a cluster elects a leader: all that is asked here may be repeated. */
function managerOf(connection: Connection): Promise<JetStreamManager> {
  const border = borderOf(connection);
  return border.once(MANAGER, () => jetstream(patientRequests(border)).jetstreamManager(false));
}

async function ensureStream(
  { streams }: JetStreamManager,
  name: string,
  options: BucketOptions,
): Promise<StreamInfo> {
  let info: StreamInfo;
  try {
    info = await streams.info(streamName(name)).catch(async (error) => {
      if (apiErrorCode(error) !== STREAM_NOT_FOUND) throw error;
      return await streams.add(createConfig(name, options));
    }).catch(async (error) => {
      // Someone else made it in the meantime, with other options.
      if (apiErrorCode(error) !== STREAM_NAME_IN_USE) throw error;
      return await streams.info(streamName(name));
    });
  } catch (error) {
    throw fromKvError(error, `Cannot open bucket ${name}`);
  }
  const wanted = wantedConfig(name, options);
  const drift = driftOf(wanted, info.config);
  return drift.length === 0 ? info : await changeStream(streams, name, wanted, drift);
}

async function changeStream(
  streams: StreamAPI,
  name: string,
  wanted: Partial<StreamConfig>,
  drift: readonly Drift[],
): Promise<StreamInfo> {
  const action = `Cannot change ${describeDrift(drift)} of bucket ${name}`;
  let info: StreamInfo;
  try {
    info = await streams.update(streamName(name), wanted);
  } catch (cause) {
    if (apiErrorCode(cause) === undefined) throw fromKvError(cause, action);
    throw refused(`${action}: ${(cause as Error).message}`, cause);
  }
  const left = driftOf(wanted, info.config);
  if (left.length === 0) return info;
  throw refused(`Cannot change ${describeDrift(left)} of bucket ${name}: the server leaves it`);
}

function refused(message: string, cause?: unknown): ShizukuError {
  return new ShizukuError("failed_precondition", message, { stage: "call", cause });
}
