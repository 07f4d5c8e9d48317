import type { JetStreamManager } from "@nats-io/jetstream";
import {
  type Connection,
  fromNatsError,
  ignore,
  type ResourcePlan,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { manager } from "./_jetstream.ts";
import { keptSchedules } from "./_schedule_keeper.ts";
import {
  checkStreamOptions,
  type Config,
  describeDrift,
  driftOf,
  scheduleFilters,
  subjectsOf,
} from "./_stream_config.ts";
import { overlapsOf } from "./_stream_overlap.ts";
import type { StreamOptions } from "./stream_options.ts";

/** Does what `planStream()` says. */
export async function planOneStream(
  connection: Connection,
  options: StreamOptions,
): Promise<ResourcePlan[]> {
  const action = `Cannot plan stream ${options.name}`;
  checkStreamOptions(action, options);
  const jsm = await manager(connection);
  try {
    const info = await jsm.streams.info(options.name).catch(ignore(STREAM_NOT_FOUND));
    const found = info?.config;
    const stream = await planOne(jsm, found, options);
    return [stream, ...await planKeeper(jsm, found, options)];
  } catch (thrown) {
    throw fromNatsError(thrown, action);
  }
}

async function planOne(
  jsm: JetStreamManager,
  found: Config | undefined,
  options: StreamOptions,
): Promise<ResourcePlan> {
  const { name } = options;
  const resource = { kind: "stream", name } as const;
  const missing = found === undefined
    ? subjectsOf(options)
    : driftOf(found, options).changes.subjects;
  const overlaps = missing === undefined ? [] : await overlapsWithOthers(jsm, name, missing);
  const refused = [...(found ? driftOf(found, options).refused : []), ...overlaps];
  if (refused.length > 0) return { ...resource, action: "conflict", details: refused };
  if (found === undefined) {
    return { ...resource, action: "create", details: [`subjects ${missing!.join(", ")}`] };
  }
  const { changes } = driftOf(found, options);
  const details = (Object.keys(changes) as (keyof Config)[])
    .map((field) => describeDrift(field, found[field], changes[field]));
  return { ...resource, action: details.length === 0 ? "keep" : "update", details };
}

async function overlapsWithOthers(
  jsm: JetStreamManager,
  name: string,
  subjects: readonly string[],
): Promise<string[]> {
  try {
    return await findOverlaps(jsm, name, subjects);
  } catch (thrown) {
    // Who may not list streams hears of overlaps when the stream is created.
    if (fromNatsError(thrown, "Cannot list streams").code === "permission_denied") return [];
    throw thrown;
  }
}

async function findOverlaps(
  { streams }: JetStreamManager,
  name: string,
  subjects: readonly string[],
): Promise<string[]> {
  const overlaps: string[] = [];
  for await (const { config } of streams.list()) {
    if (config.name === name) continue;
    for (const { wanted, stream, found } of overlapsOf(subjects, config.name, config.subjects)) {
      overlaps.push(`subject ${wanted} overlaps with ${found} of stream ${stream}`);
    }
  }
  return overlaps;
}

async function planKeeper(
  jsm: JetStreamManager,
  found: Config | undefined,
  options: StreamOptions,
): Promise<ResourcePlan[]> {
  const filters = scheduleFilters(options);
  const retention = found?.retention ?? options.retention ?? "interest";
  if (filters.length === 0 || retention !== "interest") return [];
  const { name, kept, wanted } = await keptSchedules(jsm, options.name, filters);
  const action = kept === undefined ? "create" : kept.length === wanted.length ? "keep" : "update";
  const details = action === "keep" ? [] : [`subjects ${wanted.join(", ")}`];
  return [{ kind: "consumer", name: `${options.name}/${name}`, action, details }];
}
