import type { ConsumerConfig, ConsumerInfo } from "@nats-io/jetstream";
import {
  apiErrorCode,
  type Connection,
  fromNatsError,
  type ResourcePlan,
} from "../connection/mod.ts";
import { planHookStreams } from "./_hook_streams.ts";
import { manager } from "./_jetstream.ts";
import { hookNames } from "./_names.ts";
import { covers } from "./_subject_sets.ts";
import {
  changedFields,
  consumerName,
  type ConsumerPlace,
  filtersOf,
  findConsumer,
  toConsumerConfig,
} from "./ensure_consumer.ts";
import { redriveConfig } from "./ensure_hook.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * A stream that is about to exist, with what it is about to store.
 *
 * @example
 * ```ts ignore
 * import { planHook, type PlannedStream } from "@shizuku/shizuku/consumers";
 *
 * const flights: PlannedStream = { name: "flights", subjects: ["flights.>"] };
 * await planHook(nc, countDelays, { component: "delays", planned: [flights] });
 * ```
 */
export interface PlannedStream {
  /** Name of the stream. */
  readonly name: string;
  /** Its subjects, within the namespace. */
  readonly subjects: readonly string[];
}

/**
 * Options of {@linkcode planHook}.
 *
 * @example A hook on a stream that is not there yet
 * ```ts ignore
 * import { planHook } from "@shizuku/shizuku/consumers";
 *
 * const plans = await planHook(nc, countDelays, {
 *   component: "delays",
 *   namespace: "staging",
 *   planned: [{ name: "flights", subjects: ["staging.flights.>"] }],
 * });
 * ```
 */
export interface PlanHookOptions extends ConsumerPlace {
  /** Streams that are about to exist, in which events are looked for first. */
  readonly planned?: readonly PlannedStream[];
}

const STREAM_NOT_FOUND = 10059;

/**
 * Tells what `ensureHook()` would do, without doing it. A hook whose consumer does not outlive its
 * process needs nothing before that.
 *
 * @example
 * ```ts ignore
 * import { planHook } from "@shizuku/shizuku/consumers";
 *
 * for (const { action, kind, name } of await planHook(nc, countDelays, { component: "delays" })) {
 *   console.log(action, kind, name); // create consumer flights/delays_count
 * }
 * ```
 */
export async function planHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: PlanHookOptions,
): Promise<ResourcePlan[]> {
  if (!hook.durable) return [];
  const { planned = [] } = options;
  const filters = filtersOf(hook, options);
  const durable = consumerName(hook, options);
  const wanted = { ...toConsumerConfig(hook, filters), durable_name: durable };
  try {
    const found = await Promise.all(filters.map((filter) => streamOf(connection, filter, planned)));
    const reason = whyNotOne(filters, found);
    const stream = found[0] ?? "?";
    const consumer: ResourcePlan = reason === undefined
      ? await planConsumer(connection, stream, durable, wanted)
      : { kind: "consumer", name: `${stream}/${durable}`, action: "conflict", details: [reason] };
    const { redrives } = hookNames(options);
    return [
      consumer,
      ...await planHookStreams(connection, options),
      await planConsumer(connection, redrives, durable, redriveConfig(hook, options, durable)),
    ];
  } catch (thrown) {
    throw fromNatsError(thrown, `Cannot plan hook ${hook.name} of ${options.component}`);
  }
}

async function streamOf(
  connection: Connection,
  filter: string,
  planned: readonly PlannedStream[],
): Promise<string | undefined> {
  const ours = planned.find(({ subjects }) => subjects.some((subject) => covers(subject, filter)));
  if (ours !== undefined) return ours.name;
  for await (const name of (await manager(connection)).streams.names(filter)) return name;
}

/** Why a hook cannot have one consumer for all its events, if so. */
function whyNotOne(
  filters: readonly string[],
  streams: readonly (string | undefined)[],
): string | undefined {
  const missing = filters.filter((_, index) => streams[index] === undefined);
  if (missing.length > 0) return `no stream stores ${missing.join(", ")}`;
  const different = [...new Set(streams)];
  if (different.length > 1) return `its events are in several streams: ${different.join(", ")}`;
}

async function planConsumer(
  connection: Connection,
  stream: string,
  name: string,
  wanted: Partial<ConsumerConfig>,
): Promise<ResourcePlan> {
  const resource = { kind: "consumer", name: `${stream}/${name}` } as const;
  const found = await find(connection, stream, name);
  const filters = wanted.filter_subjects ?? [wanted.filter_subject];
  if (found === undefined) {
    return { ...resource, action: "create", details: [`subjects ${filters.join(", ")}`] };
  }
  const fields = changedFields(found.config, wanted);
  const details = fields.map((field) =>
    `${field} must be ${shown(wanted[field])}: current value is ${shown(found.config[field])}`
  );
  // A server does not change how a consumer is acknowledged.
  const action = fields.includes("ack_policy") ? "conflict" : "update";
  return { ...resource, action: fields.length === 0 ? "keep" : action, details };
}

async function find(
  connection: Connection,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  try {
    return await findConsumer(connection, stream, name);
  } catch (thrown) {
    if (apiErrorCode(thrown) === STREAM_NOT_FOUND) return undefined;
    throw thrown;
  }
}

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
