import { borderOf, type Connection, fromNatsError } from "../connection/mod.ts";
import type { MicroIdentity, MicroInfo, MicroStats, MicroVerb } from "./micro.ts";

/**
 * Whom to ask, and for how long to wait.
 *
 * @example All instances of one service that answer within 300 ms
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * const options = { name: "GreetService", timeoutMs: 300 };
 * for await (const { id, version } of discover(nc).ping(options)) {
 *   console.log(id, version);
 * }
 * ```
 */
export interface DiscoverOptions {
  /** Name of the services to ask; all by default. */
  name?: string;
  /** The one instance to ask; goes with `name`. */
  id?: string;
  /**
   * How long to listen for answers, in milliseconds.
   * @default {1000}
   */
  timeoutMs?: number;
  /** Ends the wait early. */
  signal?: AbortSignal;
}

/**
 * Asks which micro services there are.
 *
 * @example
 * ```ts ignore
 * import { discover, type Discovery } from "@shizuku/shizuku/services";
 *
 * const services: Discovery = discover(nc);
 * for await (const { name, id } of services.ping()) console.log(name, id);
 * for await (const { endpoints } of services.info()) console.log(endpoints[0]?.subject);
 * for await (const { endpoints } of services.stats()) console.log(endpoints[0]?.num_errors);
 * ```
 */
export interface Discovery {
  /** Who is there. */
  ping(options?: DiscoverOptions): AsyncIterable<MicroIdentity>;
  /** What they answer, and where. */
  info(options?: DiscoverOptions): AsyncIterable<MicroInfo>;
  /** What they have done. */
  stats(options?: DiscoverOptions): AsyncIterable<MicroStats>;
}

/**
 * Asks all micro services, ours and others', who they are and what they have done.
 *
 * The iterables end when the time is over, and at once where nobody is. An answer that is not JSON
 * is left out.
 *
 * @example
 * ```ts ignore
 * import { discover } from "@shizuku/shizuku/services";
 *
 * for await (const { name, endpoints } of discover(nc).stats({ timeoutMs: 300 })) {
 *   console.log(name, endpoints.map(({ num_requests }) => num_requests));
 * }
 * ```
 * @see ADR-32 (NATS service API)
 */
export function discover(connection: Connection): Discovery {
  return {
    ping: (options) => ask<MicroIdentity>(connection, "PING", options),
    info: (options) => ask<MicroInfo>(connection, "INFO", options),
    stats: (options) => ask<MicroStats>(connection, "STATS", options),
  };
}

async function* ask<T>(
  connection: Connection,
  verb: MicroVerb,
  { name, id, timeoutMs = 1_000, signal }: DiscoverOptions = {},
): AsyncGenerator<T> {
  const scope = name === undefined ? "" : id === undefined ? `.${name}` : `.${name}.${id}`;
  const { nc } = borderOf(connection);
  const options = { strategy: "timer", maxWait: timeoutMs, noMux: true } as const;
  try {
    const answers = await nc.requestMany(`$SRV.${verb}${scope}`, "", options);
    const stop = () => (answers as { stop?(): void }).stop?.();
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for await (const answer of answers) {
        const read = parse<T>(answer.string());
        if (read !== undefined) yield read;
      }
    } finally {
      signal?.removeEventListener("abort", stop);
      stop();
    }
  } catch (thrown) {
    // Nobody answers: there is nothing to list.
    if ((thrown as { name?: unknown } | null)?.name === "NoResponders") return;
    throw fromNatsError(thrown, `Cannot discover services`);
  }
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
