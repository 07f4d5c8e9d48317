import type { AbortSource } from "../connection/mod.ts";
import type { HeadersRecord, MessageHeaders } from "../core/mod.ts";

/**
 * One call, in bytes, as a transport carries it.
 *
 * @example Count the bytes of calls
 * ```ts
 * import {
 *   createClient,
 *   defineService,
 *   localTransport,
 *   type Transport,
 * } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * let bytes = 0;
 * const counted = (inner: Transport): Transport => ({
 *   unary(request) {
 *     bytes += request.payload.length;
 *     return inner.unary(request);
 *   },
 * });
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const local = localTransport().add(GreetService, { greet: (name) => `Hello, ${name}` });
 * await createClient(counted(local), GreetService).greet("Ada");
 * console.log(bytes); // 3
 * ```
 */
export interface TransportRequest {
  /** Full name of the service. */
  readonly service: string;
  /** Name of the method on the wire. */
  readonly method: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it is at hand: it may spare a copy. */
  readonly text?: string | undefined;
  /** How it is encoded; the contract's default if left out. */
  readonly contentType?: string | undefined;
  /** Headers to send along. */
  readonly headers?: HeadersRecord | undefined;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Cancels the call. A holder, such as a controller or a request, is asked for its signal only when
   * the call does not end at once.
   */
  readonly signal?: AbortSignal | SignalHolder | undefined;
}

/**
 * What has a signal, and may make it when it is first asked for.
 *
 * @example A `Request` of HTTP has a signal, and makes it late
 * ```ts ignore
 * const { payload } = await transport.unary({
 *   service: "greet.v1.GreetService",
 *   method: "greet",
 *   payload: body,
 *   timeoutMs: 5_000,
 *   signal: request,
 * });
 * ```
 */
export interface SignalHolder {
  /** The signal. */
  readonly signal: AbortSignal;
  /** What aborts as the signal does and costs less, if there is such a thing. */
  readonly source?: AbortSource;
}

/**
 * The answer, in bytes.
 *
 * @example
 * ```ts ignore
 * const { payload, contentType, headers } = await transport.unary({
 *   service: "greet.v1.GreetService",
 *   method: "greet",
 *   payload: body,
 *   timeoutMs: 5_000,
 * });
 * console.log(contentType, payload.length, headers?.get("cache-control"));
 * ```
 */
export interface TransportResponse {
  /** The encoded response. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it is at hand. */
  readonly text?: string | undefined;
  /** How it is encoded, if that is said. */
  readonly contentType?: string | undefined;
  /** Headers of the answer, if there are any. */
  readonly headers?: MessageHeaders | undefined;
}

/**
 * Carries calls to a service: over NATS, or within the process.
 *
 * @example One of your own: elsewhere if nobody is here
 * ```ts
 * import {
 *   createClient,
 *   defineService,
 *   localTransport,
 *   type Transport,
 * } from "@shizuku/shizuku/services";
 * import { ShizukuError, text } from "@shizuku/shizuku/core";
 *
 * const either = (first: Transport, second: Transport): Transport => ({
 *   unary: (request) =>
 *     first.unary(request).catch((error) => {
 *       if (ShizukuError.from(error).code !== "unavailable") throw error;
 *       return second.unary(request);
 *     }),
 * });
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const here = localTransport().add(GreetService, { greet: (name) => `Hello, ${name}` });
 * const client = createClient(either(localTransport(), here), GreetService);
 * console.log(await client.greet("Ada")); // Hello, Ada
 * ```
 */
export interface Transport {
  /**
   * Makes one call.
   *
   * @throws {ShizukuError} For every failure; `deadline_exceeded` when `timeoutMs` is over,
   * `canceled` when the signal aborts, `unavailable` when nobody answers there.
   */
  unary(request: TransportRequest): Promise<TransportResponse>;
}
