import { nuid } from "@nats-io/nats-core";
import { borderOf, type Connection } from "../connection/mod.ts";
import { type ServiceContract, serviceInfo } from "./contract.ts";
import {
  createEndpoints,
  type Endpoints,
  type EndpointsOptions,
  type Implementation,
} from "./endpoint.ts";
import type { ServiceEvent } from "./service_event.ts";

/**
 * Where and as what endpoints are served.
 *
 * @example
 * ```ts ignore
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, GreetService, greeter, {
 *   version: "1.2.0",
 *   description: "Greets people",
 *   queue: "greeters",
 *   drainTimeoutMs: 30_000,
 *   onEvent: (event) => console.log(event.type),
 *   signal,
 * });
 * ```
 */
export interface ServeEndpointsOptions {
  /**
   * Version of the service (semver).
   * @default {"0.1.0"}
   */
  version?: string;
  /** For people, shown by `$SRV.INFO`. */
  description?: string;
  /** Shown by `$SRV.INFO`, beside the contract's name. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * First tokens of the subjects.
   * @default {"rpc"}
   */
  prefix?: string;
  /**
   * Queue group: of all servers in it, one answers. The empty text turns it off, so that every
   * server answers.
   * @default {"q"}
   */
  queue?: string;
  /**
   * How long `stop()` waits for running calls, in milliseconds.
   * @default {10000}
   */
  drainTimeoutMs?: number;
  /** Hears what happens to the connection and to the subscriptions. It must not throw. */
  onEvent?: (event: ServiceEvent) => void;
  /** Stops the service. */
  signal?: AbortSignal;
}

/**
 * Options of {@linkcode serve}.
 *
 * @example
 * ```ts ignore
 * import { timeout } from "@shizuku/shizuku/core";
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, GreetService, greeter, {
 *   version: "1.2.0",
 *   maxConcurrent: 100,
 *   layers: [timeout(5_000)],
 * });
 * ```
 */
export interface ServeOptions<S extends ServiceContract = ServiceContract>
  extends ServeEndpointsOptions, EndpointsOptions<S> {}

/**
 * A service that is answering.
 *
 * @example
 * ```ts ignore
 * import { serve } from "@shizuku/shizuku/services";
 *
 * const service = await serve(nc, GreetService, greeter);
 * console.log(service.name, service.id, service.problem ?? "healthy");
 * await service.stop();
 * ```
 */
export interface Service extends AsyncDisposable {
  /** Full name of the contract. */
  readonly typeName: string;
  /** Name by which `$SRV` knows it: the full name with `-` for dots. */
  readonly name: string;
  /** Identifies this instance. */
  readonly id: string;
  /** What it answers, in bytes: for transports within the process. */
  readonly endpoints: Endpoints;
  /** Why it does not answer on every subject at this moment, if so. */
  readonly problem: string | undefined;
  /** Resolves when it has stopped, or its connection has closed. */
  readonly stopped: Promise<void>;
  /** Takes no new call, waits for the running ones, flushes the replies. */
  stop(): Promise<void>;
}

/**
 * Answers the calls of a contract on `<prefix>.<service>.<method>`.
 *
 * Handlers are awaited: a rejection becomes an error reply with its code and is counted. Requests
 * with `Content-Type: application/json` are answered in JSON. The caller's deadline and its cancel
 * abort the handler's `ctx.signal`.
 *
 * @throws {TypeError} If methods are missing or unknown, or a name or version is not valid.
 * @throws {ShizukuError} `unimplemented` if a method streams.
 * @example
 * ```ts ignore
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, GreetService, {
 *   greet: (request) => ({ text: `Hello, ${request.name}` }),
 * }, { version: "1.0.0" });
 * ```
 * @see ADR-32 (NATS service API)
 */
export function serve<S extends ServiceContract>(
  connection: Connection,
  contract: S,
  implementation: Implementation<S>,
  options: ServeOptions<S> = {},
): Promise<Service> {
  const endpoints = createEndpoints(contract, implementation, options);
  return serveEndpoints(connection, serviceInfo(contract).typeName, endpoints, options);
}

/**
 * Answers with endpoints that exist already; {@linkcode serve} makes them of a contract.
 *
 * @example The same endpoints over NATS and within the process
 * ```ts ignore
 * import { createEndpoints, serveEndpoints } from "@shizuku/shizuku/services";
 *
 * const endpoints = createEndpoints(GreetService, greeter);
 * await using service = await serveEndpoints(nc, GreetService.typeName, endpoints);
 * ```
 */
export async function serveEndpoints(
  connection: Connection,
  typeName: string,
  endpoints: Endpoints,
  options: ServeEndpointsOptions = {},
): Promise<Service> {
  checkOptions(typeName, options);
  const { Server } = await import("./_server.ts");
  const server = new Server(borderOf(connection).nc, typeName, endpoints, options, nuid.next());
  await server.start();
  const { signal } = options;
  const stop = () => void server.stop();
  if (signal?.aborted) await server.stop();
  // Nobody waits for a stop that a signal asks for; stop() itself never rejects.
  else signal?.addEventListener("abort", stop, { once: true });
  void server.stopped.then(() => signal?.removeEventListener("abort", stop));
  return server;
}

function checkOptions(typeName: string, { version, prefix, queue }: ServeEndpointsOptions): void {
  const check = (option: string, value: string | undefined, pattern: RegExp, wanted: string) => {
    if (value === undefined || pattern.test(value)) return;
    throw new TypeError(
      `Cannot serve ${typeName} as ${option} must be ${wanted}: ` +
        `current value is ${JSON.stringify(value)}`,
    );
  };
  check("version", version, /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}([-+][\w.+-]+)?$/, "like 1.0.0");
  check("prefix", prefix, /^[^\s.*>]+(\.[^\s.*>]+)*$/, "tokens without wildcards");
  check("queue", queue, /^[^\s.*>]*$/, "a token without wildcards, or empty");
}
