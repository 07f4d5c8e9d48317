import type { ConsumerConfig, ConsumerInfo } from "@nats-io/jetstream";
import {
  type Connection,
  CONSUMER_NOT_FOUND,
  fromNatsError,
  ignore,
  requireServer,
} from "../connection/mod.ts";
import { inNamespace, resourceName, ShizukuError } from "../core/mod.ts";
import { manager } from "./_jetstream.ts";
import type { ConsumerIdentity, ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition, StartPosition } from "./hook.ts";

/** More than any hook holds at once; what bounds a hook is its own credit. */
const MAX_ACK_PENDING = 20_000;
/** How long the server keeps the consumer of a process that has ended without a word. */
const INACTIVE_MS = 60_000;

/** Does what `ensureConsumer()` says. */
export async function provideConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
): Promise<ConsumerIdentity> {
  const action = `Cannot provide hook ${hook.name} of ${place.component}`;
  requireServer(connection, action);
  const filters = filtersOf(hook, place);
  const stream = await findStream(connection, action, filters);
  const name = consumerName(hook, place);
  const wanted = { ...toConsumerConfig(hook, filters), ...nameOf(hook, name) };
  try {
    await ensureConfig(connection, stream, name, wanted, startOf(hook.start));
  } catch (thrown) {
    throw fromNatsError(thrown, action);
  }
  return { stream, durable: name };
}

type Config = Partial<ConsumerConfig>;

/** The consumer that a durable hook must find; one that does not outlive the process is made. */
export async function findIdentity<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
): Promise<ConsumerIdentity> {
  if (!hook.durable) return await provideConsumer(connection, hook, place);
  const action = `Cannot start hook ${hook.name} of ${place.component}`;
  const stream = await findStream(connection, action, filtersOf(hook, place));
  const durable = consumerName(hook, place);
  if (await findConsumer(connection, stream, durable) !== undefined) return { stream, durable };
  throw new ShizukuError(
    "failed_precondition",
    `${action} as stream ${stream} must have consumer ${durable}: it has to be provided before`,
    { stage: "pre" },
  );
}

/** What a hook asks for, within the namespace. */
export function filtersOf<T>(hook: HookDefinition<T>, { namespace }: ConsumerPlace): string[] {
  return hook.filters.map((filter) => inNamespace(namespace, filter));
}

/** Name of a hook's consumer; one that does not outlive the process has its own each time. */
export function consumerName<T>(
  hook: HookDefinition<T>,
  { namespace, component }: ConsumerPlace,
): string {
  const durable = resourceName(namespace, component, hook.name);
  return hook.durable ? durable : `${durable}_${crypto.randomUUID().slice(0, 8)}`;
}

/** Creates a consumer where it is missing; else changes what differs, but not where it began. */
export async function ensureConfig(
  connection: Connection,
  stream: string,
  name: string,
  wanted: Config,
  start: Config,
): Promise<ConsumerInfo> {
  const { consumers } = await manager(connection);
  const found = await findConsumer(connection, stream, name);
  if (found === undefined) return await consumers.add(stream, { ...wanted, ...start });
  if (changedFields(found.config, wanted).length === 0) return found;
  // One filter and several are two fields, of which one may be set.
  const none = { filter_subject: undefined, filter_subjects: undefined };
  return await consumers.update(stream, name, { ...none, ...wanted });
}

/** The fields in which a consumer is not as wanted. */
export function changedFields(found: Config, wanted: Config): (keyof Config)[] {
  return (Object.keys(wanted) as (keyof Config)[]).filter((field) =>
    JSON.stringify(found[field]) !== JSON.stringify(wanted[field])
  );
}

/** What the server says of a consumer, if there is one. */
export async function findConsumer(
  connection: Connection,
  stream: string,
  name: string,
): Promise<ConsumerInfo | undefined> {
  const { consumers } = await manager(connection);
  return await consumers.info(stream, name).catch(ignore(CONSUMER_NOT_FOUND));
}

/** The one stream that stores all of the subjects. */
export async function findStream(
  connection: Connection,
  action: string,
  filters: readonly string[],
): Promise<string> {
  const { streams } = await manager(connection);
  const found = await Promise.all(filters.map(async (filter) => {
    for await (const name of streams.names(filter)) return name;
    throw new ShizukuError("not_found", `${action}: no stream stores ${filter}`, { stage: "pre" });
  }));
  const [first, other] = [...new Set(found)];
  if (other === undefined) return first!;
  throw new ShizukuError(
    "failed_precondition",
    `${action} as its events must be in one stream: ${filters[found.indexOf(first!)]} is in ` +
      `${first}, ${filters[found.indexOf(other)]} is in ${other}`,
    { stage: "pre" },
  );
}

/** What a hook wants of its consumer, apart from its name and where it begins. */
export function toConsumerConfig<T>(
  hook: HookDefinition<T>,
  filters: readonly string[],
): Partial<ConsumerConfig> {
  return {
    ...(filters.length === 1 ? { filter_subject: filters[0]! } : { filter_subjects: [...filters] }),
    ack_policy: "explicit",
    ack_wait: hook.ackWaitMs * 1_000_000,
    // Attempts are judged on receipt: the server's own limit strands messages without a word.
    max_deliver: -1,
    max_ack_pending: MAX_ACK_PENDING,
  };
}

function nameOf<T>(hook: HookDefinition<T>, name: string): Config {
  if (hook.durable) return { durable_name: name };
  return {
    name,
    inactive_threshold: INACTIVE_MS * 1_000_000,
    mem_storage: true,
    num_replicas: 1,
  };
}

/** Where a new consumer begins, in the words of the server. */
export function startOf(start: StartPosition): Config {
  if (typeof start === "string") return { deliver_policy: start };
  if ("time" in start) {
    return { deliver_policy: "by_start_time", opt_start_time: start.time.toISOString() };
  }
  return { deliver_policy: "by_start_sequence", opt_start_seq: start.sequence };
}
