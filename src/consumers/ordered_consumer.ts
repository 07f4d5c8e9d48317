import type { Connection } from "../connection/mod.ts";
import type { ConsumerOptions } from "./consumer.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * Options of {@linkcode createOrderedConsumer}.
 *
 * @example
 * ```ts ignore
 * import { createOrderedConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createOrderedConsumer(nc, cacheNames, {
 *   component: "chat",
 *   namespace: "staging",
 *   signal,
 * });
 * ```
 */
export type OrderedConsumerOptions = Pick<
  ConsumerOptions,
  "component" | "namespace" | "signal" | "stopTimeoutMs" | "heartbeatMs" | "onStatus"
>;

/**
 * An ordered consumer that is running.
 *
 * @example
 * ```ts ignore
 * import { createOrderedConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createOrderedConsumer(nc, cacheNames, { component: "chat" });
 * console.log(consumer.stream, consumer.sequence, consumer.lag, consumer.problem);
 * ```
 */
export interface OrderedConsumer extends AsyncDisposable {
  /** Name of the hook. */
  readonly name: string;
  /** Stream that holds the events. */
  readonly stream: string;
  /** Why it does not receive at this moment, if so. */
  readonly problem: string | undefined;
  /** Sequence in the stream of the last event that was processed, 0 before the first. */
  readonly sequence: number;
  /** How many events the stream has that were not delivered, as last heard. */
  readonly lag: number;
  /** Ends it, when what runs has ended. */
  stop(): Promise<void>;
}

/**
 * Hands over every event of a hook in the order of the stream, one at a time, to this process alone:
 * to build a cache, or any other view that is lost with the process.
 *
 * Nothing is acknowledged. When an event is missing, the server is silent or the consumer is gone, a
 * new consumer goes on after the last event that was processed, so that none is left out and none comes
 * twice. An event whose tries are used up is logged and passed over: there are no dead letters.
 *
 * @throws {ShizukuError} `not_found` if no stream stores the hook's events.
 * @example
 * ```ts ignore
 * import { createOrderedConsumer, defineHook } from "@shizuku/shizuku/consumers";
 *
 * const names = new Map<string, string>();
 * const hook = defineHook(userRenamed, { name: "names", start: "all" }, (event) => {
 *   names.set(event.id, event.name);
 * });
 * await using consumer = await createOrderedConsumer(nc, hook, { component: "chat" });
 * ```
 * @see ADR-17 (ordered consumer)
 */
export async function createOrderedConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: OrderedConsumerOptions,
): Promise<OrderedConsumer> {
  const { startOrdered } = await import("./_ordered.ts");
  return await startOrdered(connection, hook, options);
}
