import { checkHeaders, type HeadersRecord, ShizukuError } from "../core/mod.ts";
import {
  type MethodInfo,
  type MethodsOf,
  pickCodec,
  type ServiceContract,
  serviceInfo,
} from "./contract.ts";
import type { Transport } from "./transport.ts";

/** Options of one call. */
export interface CallOptions {
  /**
   * How long to wait, in milliseconds.
   * @default {5000}
   */
  timeoutMs?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Headers to send along. */
  headers?: HeadersRecord;
}

/** Options of {@linkcode createClient}: what every call starts from. */
export interface ClientOptions {
  /**
   * How long a call waits, in milliseconds.
   * @default {5000}
   */
  timeoutMs?: number;
}

/** A typed client: a function for each method of a contract. */
export type Client<S extends ServiceContract> = {
  readonly [Name in keyof MethodsOf<S>]: MethodsOf<S>[Name] extends {
    inputInit: infer Input;
    output: infer Output;
  } ? (request: Input, options?: CallOptions) => Promise<Output>
    : never;
};

/**
 * Makes a typed client of a service.
 *
 * @param transport How calls get there: `natsTransport(nc)` or `localTransport(...)`.
 * @param contract The generated service, or one declared with `defineService()`.
 * @returns Functions that reject with {@linkcode ShizukuError} and nothing else.
 * @example
 * ```ts
 * import { json } from "@shizuku/shizuku/core";
 * import { createClient, defineService, localTransport } from "@shizuku/shizuku/services";
 *
 * const Math = defineService("math.v1.Math", { twice: { input: json<number>(), output: json<number>() } });
 * const transport = localTransport().add(Math, { twice: (n) => n * 2 });
 * console.log(await createClient(transport, Math).twice(21)); // 42
 * ```
 */
export function createClient<S extends ServiceContract>(
  transport: Transport,
  contract: S,
  options: ClientOptions = {},
): Client<S> {
  const { timeoutMs = 5_000 } = options;
  const { typeName, methods } = serviceInfo(contract);
  const functions = [...methods.values()].map((method) => [
    method.localName,
    createCall(transport, typeName, method, timeoutMs),
  ]);
  return Object.freeze(Object.fromEntries(functions)) as Client<S>;
}

function createCall(
  transport: Transport,
  service: string,
  method: MethodInfo,
  defaultTimeoutMs: number,
): (request: unknown, options?: CallOptions) => Promise<unknown> {
  const encoder = pickCodec(method.input, undefined);
  return async (request, options = {}) => {
    const { timeoutMs = defaultTimeoutMs, signal, headers } = options;
    if (headers !== undefined) checkHeaders(headers);
    const payload = encode(service, method, () => encoder.encode(request));
    const response = await transport.unary({
      service,
      method: method.name,
      payload,
      headers,
      timeoutMs,
      signal,
    });
    return pickCodec(method.output, response.contentType).decode(response.payload);
  };
}

function encode(service: string, method: MethodInfo, encoder: () => Uint8Array): Uint8Array {
  try {
    return encoder();
  } catch (cause) {
    throw new ShizukuError(
      "invalid_argument",
      `Cannot call ${service}.${method.name} as its request cannot be encoded`,
      { stage: "pre", cause },
    );
  }
}
