import type { HeadersRecord, Layer } from "../core/mod.ts";
import type { MethodInfo, ServiceContract, Transport, TransportResponse } from "../services/mod.ts";
import type { Expose } from "./_expose.ts";

export type { Expose, ExposedMethod } from "./_expose.ts";

/**
 * Services, and the way to them. A running app of the component module fits.
 *
 * @example Services, and how to get to them
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { defineService, localTransport } from "@shizuku/shizuku/services";
 * import { rpc, type RpcSource } from "@shizuku/shizuku/hono";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: json<string>(), output: json<string>() },
 * });
 * const source: RpcSource = {
 *   contracts: [GreetService],
 *   transport: localTransport().add(GreetService, { greet: (name) => `Hello, ${name}` }),
 * };
 * const response = await rpc(source).request("/greet.v1.GreetService/greet", {
 *   method: "POST",
 *   headers: { "Content-Type": "application/json" },
 *   body: `"Ada"`,
 * });
 * console.log(await response.json()); // Hello, Ada
 * ```
 */
export interface RpcSource {
  /** The services, each with a name of its own. */
  readonly contracts: readonly ServiceContract[];
  /** How calls reach them. */
  readonly transport: Transport;
  /**
   * Whether services come and go, each time with a new array of contracts: then it is looked at with
   * each call.
   * @default {false}
   */
  readonly isLive?: boolean | undefined;
}

/**
 * One call, as a layer around it sees it.
 *
 * @example Log each call
 * ```ts ignore
 * import type { TransportResponse } from "@shizuku/shizuku/services";
 * import type { Layer } from "@shizuku/shizuku/core";
 * import { rpc, type RpcCall } from "@shizuku/shizuku/hono";
 *
 * const logged: Layer<RpcCall, TransportResponse> = (next) => (call, ctx) => {
 *   ctx.logger.info("{service}/{method}", { service: call.service, method: call.method.name });
 *   return next(call, ctx);
 * };
 * app.route("/", rpc(running, { layers: [logged] }));
 * ```
 */
export interface RpcCall {
  /** Full name of the service. */
  readonly service: string;
  /** The method. */
  readonly method: MethodInfo;
  /** How the payload is encoded, one of those of the method. */
  readonly contentType: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it came as text. */
  readonly text?: string | undefined;
  /** Headers that go along, if there are any. */
  readonly headers: HeadersRecord | undefined;
}

/**
 * Limits of {@linkcode RpcOptions}.
 *
 * @example
 * ```ts ignore
 * import { rpc } from "@shizuku/shizuku/hono";
 *
 * app.route("/", rpc(running, { limits: { maxBodyBytes: 65_536, maxTimeoutMs: 10_000 } }));
 * ```
 */
export interface RpcLimits {
  /**
   * Largest message that is taken, in bytes, both as sent and decompressed; a larger one is
   * answered with `resource_exhausted`. The default is what a nats-server takes by default.
   * @default {1048576}
   */
  readonly maxBodyBytes?: number;
  /**
   * Longest time that a call may take, in milliseconds, whatever its caller asks for.
   * @default {60000}
   */
  readonly maxTimeoutMs?: number;
  /**
   * How long a call may take whose caller does not say, in milliseconds; at most `maxTimeoutMs`.
   * @default {5000}
   */
  readonly defaultTimeoutMs?: number;
  /**
   * Smallest response that is compressed for a caller that accepts gzip, in bytes; `Infinity` for
   * none.
   * @default {1024}
   */
  readonly gzipFromBytes?: number;
}

/**
 * Options of {@linkcode rpc}.
 *
 * @example
 * ```ts ignore
 * import { isPublic, rpc } from "@shizuku/shizuku/hono";
 *
 * app.route(
 *   "/api",
 *   rpc(running, {
 *     headers: ["Authorization"],
 *     limits: { maxTimeoutMs: 10_000 },
 *     expose: isPublic,
 *   }),
 * );
 * ```
 */
export interface RpcOptions {
  /** How calls reach the services, if not as the source says. */
  readonly transport?: Transport;
  /**
   * Around every call, the outermost first: they see the encoded request, and a context with its
   * headers, its deadline and its signal.
   * @default {[]}
   */
  readonly layers?: readonly Layer<RpcCall, TransportResponse>[];
  /**
   * Names of the request headers that go along with a call, such as `["Authorization"]`. No other
   * header does; those of NATS (`Nats-*`), of this library (`Shizuku-*`) and of HTTP itself cannot
   * be named.
   * @default {[]}
   */
  readonly headers?: readonly string[];
  /** Sizes and times. */
  readonly limits?: RpcLimits;
  /** What may be called. By default every method of every contract. */
  readonly expose?: Expose;
}
