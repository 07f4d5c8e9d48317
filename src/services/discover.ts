import type { Connection } from "../connection/mod.ts";
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
  const ask = (verb: MicroVerb) =>
    async function* <T>(options?: DiscoverOptions): AsyncGenerator<T> {
      const { askServices } = await import("./_ask_services.ts");
      yield* askServices<T>(connection, verb, options);
    };
  return { ping: ask("PING"), info: ask("INFO"), stats: ask("STATS") };
}
