import type { ConsumerConfig } from "@nats-io/jetstream";
import { type Connection, fromNatsError } from "../connection/mod.ts";
import { ensureHookStreams } from "./_hook_streams.ts";
import { manager } from "./_jetstream.ts";
import { hookNames } from "./_names.ts";
import { ensureConfig, provideConsumer, toConsumerConfig } from "./_provide_consumer.ts";
import type { ConsumerIdentity, ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/** Does what `ensureHook()` says. */
export async function provideHook<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
): Promise<ConsumerIdentity> {
  const identity = await provideConsumer(connection, hook, place);
  if (hook.durable) await ensureBesides(connection, hook, place, identity);
  return identity;
}

/**
 * Creates what a durable hook needs beside its consumer.
 *
 * @param known Copies of the stream of its events, where that is known already.
 */
export async function ensureBesides<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  place: ConsumerPlace,
  { stream, durable }: ConsumerIdentity,
  known?: number,
): Promise<void> {
  const { redrives } = hookNames(place);
  try {
    await ensureHookStreams(connection, place, known ?? await replicasOf(connection, stream));
    const wanted = redriveConfig(hook, place, durable);
    await ensureConfig(connection, redrives, durable, wanted, { deliver_policy: "all" });
  } catch (thrown) {
    throw fromNatsError(thrown, `Cannot provide hook ${hook.name} of ${place.component}`);
  }
}

async function replicasOf(connection: Connection, stream: string): Promise<number> {
  const { config } = await (await manager(connection)).streams.info(stream);
  return config.num_replicas;
}

/** What the consumer of copies that are tried anew is to be. */
export function redriveConfig<T>(
  hook: HookDefinition<T>,
  place: ConsumerPlace,
  durable: string,
): Partial<ConsumerConfig> {
  const { redrive } = hookNames(place);
  return { ...toConsumerConfig(hook, [redrive(hook.name, ">")]), durable_name: durable };
}
