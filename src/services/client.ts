import {
  backoffMs,
  checkHeaders,
  type Context,
  delay,
  type HeadersRecord,
  MessageHeaders,
  ShizukuError,
} from "../core/mod.ts";
import { signalOf } from "./_signal_of.ts";
import {
  type MethodInfo,
  type MethodsOf,
  pickCodec,
  type ServiceContract,
  serviceInfo,
} from "./contract.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/**
 * What holds for the calls of a client, or of one method of it.
 *
 * @example
 * ```ts ignore
 * import { createClient, natsTransport } from "@shizuku/shizuku/services";
 *
 * const client = createClient(natsTransport(nc), GreetService, { timeoutMs: 2_000, retries: 2 });
 * ```
 */
export interface ClientMethodOptions {
  /**
   * How long a call waits, in milliseconds.
   * @default {5000}
   */
  timeoutMs?: number;
  /**
   * How often a call is made again when nobody answers, for methods without side effects.
   * @default {0}
   */
  retries?: number;
}

/**
 * Options of {@linkcode createClient}: what every call starts from.
 *
 * @example
 * ```ts ignore
 * import { createClient, natsTransport } from "@shizuku/shizuku/services";
 *
 * const client = createClient(natsTransport(nc), GreetService, {
 *   timeoutMs: 2_000,
 *   headers: { Tenant: "acme" },
 *   methods: { greet: { timeoutMs: 500, retries: 2 } },
 * });
 * ```
 */
export interface ClientOptions<S extends ServiceContract = ServiceContract>
  extends ClientMethodOptions {
  /** Headers of every call. */
  headers?: HeadersRecord;
  /** What holds for single methods instead. */
  methods?: { readonly [Name in keyof MethodsOf<S>]?: ClientMethodOptions };
}

/**
 * Options of one call.
 *
 * @example
 * ```ts ignore
 * const { text } = await client.greet({ name: "Ada" }, {
 *   timeoutMs: 500,
 *   signal,
 *   headers: { Tenant: "acme" },
 *   onHeaders: (headers) => console.log(headers.get("cache-control")),
 * });
 * ```
 */
export interface CallOptions {
  /** How long to wait, in milliseconds. By default as the client says. */
  timeoutMs?: number;
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Headers to send along, beside those of the client. */
  headers?: HeadersRecord;
  /** The call within which this one is made: it lasts no longer, and is canceled with it. */
  context?: Context;
  /** Hears the headers of the response. */
  onHeaders?: (headers: MessageHeaders) => void;
}

/**
 * A typed client: a function for each method of a contract.
 *
 * @example A function that takes a client
 * ```ts
 * import {
 *   type Client,
 *   createClient,
 *   defineService,
 *   localTransport,
 * } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const welcome = (client: Client<typeof GreetService>) => client.greet("Ada");
 * const transport = localTransport().add(GreetService, { greet: (name) => `Hello, ${name}` });
 * console.log(await welcome(createClient(transport, GreetService))); // Hello, Ada
 * ```
 */
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
 * @param transport How calls get there: `natsTransport(nc)` or `localTransport()`.
 * @param contract The generated service, or one declared with `defineService()`.
 * @returns Functions that reject with {@linkcode ShizukuError} and nothing else.
 * @throws {ShizukuError} `unimplemented` if a method streams.
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
  options: ClientOptions<S> = {},
): Client<S> {
  const { typeName, methods } = serviceInfo(contract);
  const { headers } = options;
  if (headers !== undefined) checkHeaders(headers);
  const own = (options.methods ?? {}) as Readonly<Record<string, ClientMethodOptions | undefined>>;
  const functions = [...methods.values()].map((method) => {
    const { timeoutMs = 5_000, retries = 0 } = { ...options, ...own[method.localName] };
    const caller = new Caller(transport, typeName, method, {
      timeoutMs,
      retries: method.noSideEffects ? retries : 0,
      headers,
    });
    return [
      method.localName,
      (request: unknown, options?: CallOptions) => caller.call(request, options),
    ];
  });
  return Object.freeze(Object.fromEntries(functions)) as Client<S>;
}

interface CallerDefaults {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly headers: HeadersRecord | undefined;
}

const NO_OPTIONS: CallOptions = {};
const RETRY_BACKOFF = { initialMs: 50, maxMs: 1_000 };

/** Calls one method. */
class Caller {
  readonly #transport: Transport;
  readonly #service: string;
  readonly #method: MethodInfo;
  readonly #defaults: CallerDefaults;

  constructor(
    transport: Transport,
    service: string,
    method: MethodInfo,
    defaults: CallerDefaults,
  ) {
    this.#transport = transport;
    this.#service = service;
    this.#method = method;
    this.#defaults = defaults;
  }

  async call(request: unknown, options: CallOptions = NO_OPTIONS): Promise<unknown> {
    const call = this.#request(this.#encode(request), options);
    const response = this.#defaults.retries === 0
      ? await this.#transport.unary(call)
      : await this.#retry(call);
    options.onHeaders?.(response.headers ?? MessageHeaders.EMPTY);
    const { contentType } = response;
    const { output, defaultOutput } = this.#method;
    const codec = contentType === undefined ? defaultOutput : pickCodec(output, contentType);
    return codec.decode(response.payload);
  }

  #encode(request: unknown): Uint8Array {
    try {
      return this.#method.defaultInput.encode(request);
    } catch (cause) {
      throw new ShizukuError(
        "invalid_argument",
        `Cannot call ${this.#service}.${this.#method.name} as its request cannot be encoded`,
        { stage: "pre", cause },
      );
    }
  }

  #request(payload: Uint8Array, options: CallOptions): TransportRequest {
    const { context } = options;
    const ownMs = options.timeoutMs ?? this.#defaults.timeoutMs;
    const timeoutMs = context === undefined ? ownMs : Math.min(ownMs, context.remainingMs);
    this.#checkTime(timeoutMs);
    return {
      service: this.#service,
      method: this.#method.name,
      payload,
      headers: this.#headers(options.headers),
      timeoutMs,
      signal: joinSignals(options.signal, context?.signal),
    };
  }

  /** Calls again while nobody answers; all tries together have the time of one. */
  async #retry(request: TransportRequest): Promise<TransportResponse> {
    const end = performance.now() + request.timeoutMs;
    let timeoutMs = request.timeoutMs;
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#transport.unary({ ...request, timeoutMs });
      } catch (error) {
        const isOver = attempt > this.#defaults.retries;
        if (isOver || !ShizukuError.is(error) || error.code !== "unavailable") throw error;
        await delay(Math.min(backoffMs(attempt, RETRY_BACKOFF), timeoutMs), signalOf(request));
      }
      timeoutMs = end - performance.now();
      this.#checkTime(timeoutMs);
    }
  }

  #headers(own: HeadersRecord | undefined): HeadersRecord | undefined {
    const { headers } = this.#defaults;
    if (own === undefined) return headers;
    checkHeaders(own);
    return headers === undefined ? own : { ...headers, ...own };
  }

  #checkTime(timeoutMs: number): void {
    if (timeoutMs > 0) return;
    throw new ShizukuError(
      "deadline_exceeded",
      `Cannot call ${this.#service}.${this.#method.name} as no time is left`,
      { stage: "call" },
    );
  }
}

function joinSignals(
  a: AbortSignal | undefined,
  b: AbortSignal | undefined,
): AbortSignal | undefined {
  return a === undefined || b === undefined ? a ?? b : AbortSignal.any([a, b]);
}
