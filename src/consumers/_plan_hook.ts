import type { ConsumerConfig } from "@nats-io/jetstream";
import {
  type Connection,
  fromNatsError,
  ignore,
  type ResourcePlan,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { planHookStreams } from "./_hook_streams.ts";
import { manager } from "./_jetstream.ts";
import { hookNames } from "./_names.ts";
import { covers } from "./_subject_sets.ts";
import {
  changedFields,
  consumerName,
  filtersOf,
  findConsumer,
  toConsumerConfig,
} from "./_provide_consumer.ts";
import { redriveConfig } from "./_provide_hook.ts";
import type { HookDefinition } from "./hook.ts";
import type { PlanHookOptions, PlannedStream } from "./plan_hook.ts";

/** Does what `planHook()` says. */
export async function planOneHook<T>(
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
  const found = await findConsumer(connection, stream, name).catch(ignore(STREAM_NOT_FOUND));
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

function shown(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
