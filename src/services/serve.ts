import {
  type Endpoint as NatsEndpoint,
  type Service as NatsService,
  type ServiceMsg,
  Svcm,
} from "@nats-io/services";
import { headers as createHeaders } from "@nats-io/nats-core";
import { borderOf, type Connection } from "../connection/mod.ts";
import {
  CallSignal,
  getLogger,
  type HeadersRecord,
  type Layer,
  MessageHeaders,
  ShizukuError,
  writeHeaders,
} from "../core/mod.ts";
import { type ServiceContract, serviceInfo } from "./contract.ts";
import { createEndpoints, type Endpoint, type Endpoints, type Implementation } from "./endpoint.ts";
import { EndpointStats } from "./endpoint_stats.ts";
import { CONTENT_TYPE_HEADER, errorToHeaders, readTimeoutMs, rpcSubject } from "./wire.ts";

/** Options of {@linkcode serve}. */
export interface ServeOptions {
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
   * Queue group: of all servers in it, one answers.
   * @default {"q"}
   */
  queue?: string;
  /** Around every method, the outermost first. */
  layers?: readonly Layer<unknown, unknown>[];
  /**
   * How many calls may run at once. One more is refused with `resource_exhausted`.
   * @default {1000}
   */
  maxConcurrent?: number;
  /**
   * How long `stop()` waits for running calls, in milliseconds.
   * @default {10000}
   */
  drainTimeoutMs?: number;
  /** Stops the service. */
  signal?: AbortSignal;
}

/** A service that is answering. */
export interface Service extends AsyncDisposable {
  /** Full name of the contract. */
  readonly typeName: string;
  /** Name by which `$SRV` knows it. */
  readonly name: string;
  /** Identifies this instance. */
  readonly id: string;
  /** What it answers, in bytes: for transports within the process. */
  readonly endpoints: Endpoints;
  /** Resolves when it has stopped, with the error if it did not mean to. */
  readonly stopped: Promise<Error | null>;
  /** Takes no new call, waits for the running ones, flushes the replies. */
  stop(): Promise<void>;
}

/**
 * Answers the calls of a contract on `<prefix>.<service>.<method>`.
 *
 * Handlers are awaited: a rejection becomes an error reply with its code and is counted. Requests
 * with `Content-Type: application/json` are answered in JSON.
 *
 * @throws {TypeError} If methods are missing or unknown.
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
  options: ServeOptions = {},
): Promise<Service> {
  const endpoints = createEndpoints(contract, implementation, options.layers);
  return serveEndpoints(connection, serviceInfo(contract).typeName, endpoints, options);
}

/** Answers with endpoints that exist already; {@linkcode serve} makes them of a contract. */
export async function serveEndpoints(
  connection: Connection,
  typeName: string,
  endpoints: Endpoints,
  options: ServeOptions = {},
): Promise<Service> {
  const { nc } = borderOf(connection);
  const server = new Server(typeName, options);
  // The package types its own, older copy of nats-core; at run time this connection is fine.
  const service = await new Svcm(nc as unknown as ConstructorParameters<typeof Svcm>[0]).add({
    name: typeName.replaceAll(".", "-"),
    version: options.version ?? "0.1.0",
    description: options.description ?? "",
    metadata: { contract: typeName, ...options.metadata },
    statsHandler: (endpoint) => server.stats(endpoint),
    ...(options.queue !== undefined && { queue: options.queue }),
  });
  for (const endpoint of endpoints.values()) {
    service.addEndpoint(endpoint.method.name, {
      subject: rpcSubject(options.prefix ?? "rpc", typeName, endpoint.method.name),
      handler: server.handler(endpoint),
      metadata: { "content-types": [...endpoint.method.input.keys()].join(",") },
    });
  }
  await nc.flush();
  const running = server.toService(service, endpoints, () => nc.flush());
  if (options.signal?.aborted) await running.stop();
  // Nobody waits for a stop that a signal asks for; stop() itself never rejects.
  else options.signal?.addEventListener("abort", () => void running.stop(), { once: true });
  return running;
}

class Server {
  readonly #typeName: string;
  readonly #logger;
  readonly #running = new Set<CallSignal>();
  readonly #stats = new Map<string, EndpointStats>();
  readonly #maxConcurrent: number;
  readonly #drainTimeoutMs: number;
  #onIdle: (() => void) | undefined;

  constructor(typeName: string, options: ServeOptions) {
    this.#typeName = typeName;
    this.#logger = getLogger(["services", typeName]);
    this.#maxConcurrent = options.maxConcurrent ?? 1000;
    this.#drainTimeoutMs = options.drainTimeoutMs ?? 10_000;
  }

  handler(endpoint: Endpoint): (error: Error | null, message: ServiceMsg) => void {
    const stats = new EndpointStats();
    this.#stats.set(endpoint.method.name, stats);
    return (error, message) => {
      if (error !== null) return this.#logger.error("Subscription failed: {error}", { error });
      // #answer() never rejects: whatever goes wrong becomes an error reply.
      void this.#answer(endpoint, stats, message);
    };
  }

  async stats(endpoint: NatsEndpoint): Promise<unknown> {
    const stats = this.#stats.get((endpoint as { name?: string }).name ?? "");
    return await stats?.writeTo((endpoint as { stats?: object }).stats);
  }

  toService(service: NatsService, endpoints: Endpoints, flush: () => Promise<void>): Service {
    const { name, id } = service.ping();
    let stopping: Promise<void> | undefined;
    const stop = () => stopping ??= this.#stop(service, flush);
    return {
      typeName: this.#typeName,
      name,
      id,
      endpoints,
      stopped: service.stopped,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  }

  async #answer(endpoint: Endpoint, stats: EndpointStats, message: ServiceMsg): Promise<void> {
    const started = performance.now();
    try {
      const { payload, contentType } = await this.#call(endpoint, message, started);
      const isDefault = contentType === endpoint.method.output.keys().next().value;
      respond(message, payload, isDefault ? undefined : { [CONTENT_TYPE_HEADER]: contentType });
    } catch (thrown) {
      const error = ShizukuError.from(thrown);
      stats.countError(error);
      this.#logger.warn("{method} failed: {error}", { method: endpoint.method.name, error });
      respond(message, undefined, errorToHeaders(error));
    } finally {
      stats.countRequest(performance.now() - started);
    }
  }

  async #call(endpoint: Endpoint, message: ServiceMsg, started: number) {
    if (this.#running.size >= this.#maxConcurrent) {
      const limit = `${this.#maxConcurrent} calls are running`;
      throw new ShizukuError("resource_exhausted", `Cannot take the call: ${limit}`, {
        stage: "pre",
      });
    }
    const headers = MessageHeaders.from(message.headers);
    const timeoutMs = readTimeoutMs(headers);
    const deadline = timeoutMs === undefined ? undefined : started + timeoutMs;
    using callSignal = new CallSignal(deadline);
    this.#running.add(callSignal);
    try {
      return await endpoint.call({
        payload: message.data,
        contentType: headers.get(CONTENT_TYPE_HEADER),
        headers,
        signal: callSignal,
        deadline,
        subject: message.subject,
      });
    } finally {
      this.#running.delete(callSignal);
      if (this.#running.size === 0) this.#onIdle?.();
    }
  }

  async #stop(service: NatsService, flush: () => Promise<void>): Promise<void> {
    try {
      await service.stop();
      if (!await this.#idle()) {
        const reason = new ShizukuError("unavailable", "The service is stopping");
        for (const callSignal of this.#running) callSignal.abort(reason);
      }
      await flush();
    } catch (error) {
      // The connection went away first: there is nothing left to drain.
      this.#logger.warn("Stopped without draining: {error}", { error });
    }
  }

  async #idle(): Promise<boolean> {
    if (this.#running.size === 0) return true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const idle = new Promise<boolean>((resolve) => this.#onIdle = () => resolve(true));
    const tooLong = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.#drainTimeoutMs);
    });
    try {
      return await Promise.race([idle, tooLong]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function respond(
  message: ServiceMsg,
  payload: Uint8Array | undefined,
  headers: HeadersRecord | undefined,
): void {
  if (headers === undefined) {
    message.respond(payload);
    return;
  }
  const target = createHeaders();
  writeHeaders(headers, target);
  message.respond(payload, { headers: target } as unknown as Parameters<ServiceMsg["respond"]>[1]);
}
