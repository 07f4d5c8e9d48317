import type { ConsumerConfig, ConsumerInfo } from "@nats-io/jetstream";
import { type Connection, fromNatsError, requireServer } from "../connection/mod.ts";
import { inNamespace, resourceName, ShizukuError } from "../core/mod.ts";
import { apiErrorCode, manager } from "./_jetstream.ts";
import type { HookDefinition } from "./hook.ts";

/** Whose hook it is, and where its events are. */
export interface ConsumerPlace {
  /** Component that owns the hook. */
  component: string;
  /** Namespace of the application. */
  namespace?: string;
}

/** The durable consumer of a hook. */
export interface ConsumerIdentity {
  /** Stream that holds the events. */
  readonly stream: string;
  /** Name of the durable consumer. */
  readonly durable: string;
}

/** More than any hook holds at once; what bounds a hook is its own credit. */
const MAX_ACK_PENDING = 10_000;
const CONSUMER_NOT_FOUND = 10014;

/**
 * Creates the durable consumer of a hook, or brings one that exists to what is asked for.
 *
 * It is found by the event's subject, so the component that owns the stream may run elsewhere. From
 * then on the events of that subject are kept for the hook until it has settled them.
 *
 * @throws {ShizukuError} `not_found` if no stream stores the event's subject.
 */
export async function ensureConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  { component, namespace }: ConsumerPlace,
): Promise<ConsumerIdentity> {
  const action = `Cannot provide hook ${hook.name} of ${component}`;
  requireServer(connection, action);
  const filter = inNamespace(namespace, hook.event.subject.filter);
  const durable = resourceName(namespace, component, hook.name);
  const stream = await findStream(connection, action, filter);
  const { consumers } = await manager(connection);
  try {
    const wanted = toConsumerConfig(hook, durable, filter);
    const found = await consumers.info(stream, durable).catch(ignoreNotFound);
    if (found === undefined) await consumers.add(stream, wanted);
    else if (differs(found, wanted)) await consumers.update(stream, durable, wanted);
  } catch (thrown) {
    throw fromNatsError(thrown, action);
  }
  return { stream, durable };
}

async function findStream(
  connection: Connection,
  action: string,
  filter: string,
): Promise<string> {
  const { streams } = await manager(connection);
  for await (const name of streams.names(filter)) return name;
  throw new ShizukuError("not_found", `${action}: no stream stores ${filter}`, { stage: "pre" });
}

function toConsumerConfig<T>(
  hook: HookDefinition<T>,
  durable: string,
  filter: string,
): Partial<ConsumerConfig> {
  return {
    durable_name: durable,
    filter_subject: filter,
    ack_policy: "explicit",
    ack_wait: hook.ackWaitMs * 1_000_000,
    // Attempts are judged on receipt: the server's own limit strands messages without a word.
    max_deliver: -1,
    max_ack_pending: MAX_ACK_PENDING,
  };
}

function differs(found: ConsumerInfo, wanted: Partial<ConsumerConfig>): boolean {
  return (Object.keys(wanted) as (keyof ConsumerConfig)[])
    .some((field) => found.config[field] !== wanted[field]);
}

function ignoreNotFound(thrown: unknown): undefined {
  if (apiErrorCode(thrown) !== CONSUMER_NOT_FOUND) throw thrown;
}
