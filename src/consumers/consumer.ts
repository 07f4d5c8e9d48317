import type { Connection } from "../connection/mod.ts";
import type { ConsumerStats, ConsumerStatus } from "./consumer_status.ts";
import type { ConsumerIdentity, ConsumerPlace } from "./ensure_consumer.ts";
import type { HookDefinition } from "./hook.ts";

/**
 * Options of {@linkcode createConsumer}.
 *
 * @example
 * ```ts ignore
 * import { createConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createConsumer(nc, countDelays, {
 *   component: "delays",
 *   namespace: "staging",
 *   stopTimeoutMs: 30_000,
 *   onStatus: (status) => console.log(status.type),
 *   signal,
 * });
 * ```
 */
export interface ConsumerOptions extends ConsumerPlace {
  /** Stops the hook. */
  signal?: AbortSignal;
  /**
   * How long `stop()` waits for running handlers, in milliseconds. Then their `ctx.signal` aborts,
   * and what has not ended within another half a second is given back.
   * @default {10000}
   */
  stopTimeoutMs?: number;
  /**
   * What to do when the consumer is deleted on the server: make it anew, from the last message below
   * which all was settled, so that none is missed and some come again; or only report it, and go on
   * when somebody else has made it. By default the former, unless `provide` is false.
   */
  whenDeleted?: "recreate" | "report";
  /**
   * Milliseconds between signs of life of the server while there are no messages, at least 100. Two
   * that are missed make the hook ask anew.
   * @default {2500}
   */
  heartbeatMs?: number;
  /**
   * Whether streams and consumers that are missing are created, and those changed that differ. If
   * not, they must be there: see `ensureHook()`.
   * @default {true}
   */
  provide?: boolean;
  /** Hears what happens to the hook. */
  onStatus?: (status: ConsumerStatus) => void;
}

/**
 * A hook that is running.
 *
 * @example Pause a hook for a while
 * ```ts ignore
 * import { createConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createConsumer(nc, countDelays, { component: "delays" });
 * await consumer.pause();
 * console.log(consumer.paused, consumer.stats.lag); // manual 120
 * consumer.resume();
 * ```
 */
export interface HookConsumer extends AsyncDisposable, ConsumerIdentity {
  /** Name of the hook. */
  readonly name: string;
  /** Why it does not receive at this moment, if so. */
  readonly problem: string | undefined;
  /** What it has done. */
  readonly stats: ConsumerStats;
  /** Whether it takes no messages at this moment, and why. */
  readonly paused: "manual" | "circuit" | undefined;
  /** What happens to it from now on, until it stops. */
  status(): AsyncIterable<ConsumerStatus>;
  /**
   * Takes no new message. What runs is finished; what waits is given back, and its tries are not
   * counted. Resolves when that is done.
   */
  pause(): Promise<void>;
  /** Takes messages again. */
  resume(): void;
  /** Takes no new message, finishes or gives back what it holds. */
  stop(): Promise<void>;
}

/**
 * Runs a hook: receives the events of its durable consumer, which is created where it is missing.
 *
 * Done is acknowledged; an error that may pass is tried again after a wait; an error that cannot,
 * a message that cannot be decoded, and one whose attempts are used up are first written to the
 * component's dead letters, and only then ended.
 *
 * @throws {ShizukuError} `not_found` if no stream stores the hook's events, `failed_precondition` if
 * several do or the server is too old.
 * @example
 * ```ts ignore
 * import { createConsumer } from "@shizuku/shizuku/consumers";
 *
 * await using consumer = await createConsumer(nc, countDelays, { component: "delays" });
 * ```
 * @see ADR-13 (pull subscribe internals), ADR-15 (JetStream subscribe workflow)
 */
export async function createConsumer<T>(
  connection: Connection,
  hook: HookDefinition<T>,
  options: ConsumerOptions,
): Promise<HookConsumer> {
  const { startHook } = await import("./_start_hook.ts");
  return await startHook(connection, hook, options);
}
