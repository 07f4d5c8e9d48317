import {
  type Awaitable,
  type Codec,
  createContext,
  type HeadersRecord,
  isPromiseLike,
  type Layer,
  type MessageHeaders,
  type Process,
  type Processor,
  ShizukuError,
  type SignalSource,
  stack,
  toProcess,
} from "../core/mod.ts";
import {
  type MethodInfo,
  type MethodsOf,
  pickCodec,
  type ServiceContract,
  serviceInfo,
} from "./contract.ts";
import { Gate } from "./_gate.ts";
import { ResponseHeaders, withHeaders } from "./response_headers.ts";

/**
 * What a server must bring: a processor for each method of a contract.
 *
 * @example An object, or a class with what it needs
 * ```ts
 * import {
 *   createClient,
 *   defineService,
 *   type Implementation,
 *   localTransport,
 * } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * class Greeter implements Implementation<typeof GreetService> {
 *   constructor(readonly greeting: string) {}
 *   greet(name: string) {
 *     return `${this.greeting}, ${name}`;
 *   }
 * }
 * const transport = localTransport().add(GreetService, new Greeter("Hello"));
 * console.log(await createClient(transport, GreetService).greet("Ada")); // Hello, Ada
 * ```
 */
export type Implementation<S extends ServiceContract> = {
  readonly [Name in keyof MethodsOf<S>]: MethodsOf<S>[Name] extends {
    input: infer Input;
    outputInit: infer Output;
  } ? Processor<Input, Output>
    : never;
};

/**
 * What holds for one method, or for all of a service.
 *
 * @example At most ten reports at once, each within a minute
 * ```ts ignore
 * import { timeout } from "@shizuku/shizuku/core";
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, ReportService, new Reports(database), {
 *   methods: { render: { maxConcurrent: 10, layers: [timeout(60_000)] } },
 * });
 * ```
 */
export interface MethodOptions {
  /** Around the processor, the outermost first; a service's are outside of a method's. */
  layers?: readonly Layer<unknown, unknown>[];
  /**
   * How many calls may run at once. One more is refused at once with `resource_exhausted`.
   * @default {1000 for a service, no limit of its own for a method}
   */
  maxConcurrent?: number;
}

/**
 * Options of {@linkcode createEndpoints}.
 *
 * @example
 * ```ts
 * import { text, timeout } from "@shizuku/shizuku/core";
 * import { createEndpoints, defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const endpoints = createEndpoints(GreetService, { greet: (name) => `Hello, ${name}` }, {
 *   maxConcurrent: 100,
 *   layers: [timeout(5_000)],
 *   methods: { greet: { maxConcurrent: 10 } },
 * });
 * ```
 */
export interface EndpointsOptions<S extends ServiceContract> extends MethodOptions {
  /** What holds for single methods beside that. */
  methods?: { readonly [Name in keyof MethodsOf<S>]?: MethodOptions };
}

/**
 * One call of an endpoint, in bytes.
 *
 * @example A call that came in some way of one's own
 * ```ts ignore
 * const { payload } = await endpoint.call({
 *   payload: body,
 *   contentType: "application/json",
 *   signal,
 *   deadline: performance.now() + 5_000,
 * });
 * ```
 */
export interface EndpointRequest {
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it is at hand: it spares a copy. */
  readonly text?: string | undefined;
  /** Which of the contract's codecs; its first if left out. */
  readonly contentType?: string | undefined;
  /** Headers that came along. */
  readonly headers?: MessageHeaders | (() => MessageHeaders) | undefined;
  /** Aborts when the caller gives up or its time is over. */
  readonly signal?: SignalSource | undefined;
  /** End of the call, in milliseconds on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
  /** Subject on which it came, or the empty string. */
  readonly subject?: string | undefined;
}

/**
 * The answer, in bytes.
 *
 * @example
 * ```ts ignore
 * const { payload, contentType, headers } = await endpoint.call({ payload: body });
 * console.log(contentType, payload.length, headers?.["Cache-Control"]);
 * ```
 */
export interface EndpointResponse {
  /** The encoded response. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if the request came as text. */
  readonly text?: string | undefined;
  /** How it is encoded: as the request was. */
  readonly contentType: string;
  /** Headers that the handler has set. */
  readonly headers?: HeadersRecord | undefined;
}

/**
 * One method of a running service: bytes in, bytes out, the same for every transport.
 *
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { createEndpoints, defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const endpoints = createEndpoints(GreetService, { greet: (name) => `Hello, ${name}` });
 * const endpoint = endpoints.get("greet")!;
 * const { payload } = await endpoint.call({ payload: text.encode("Ada") });
 * console.log(endpoint.method.name, text.decode(payload)); // greet Hello, Ada
 * ```
 */
export interface Endpoint {
  /** The method. */
  readonly method: MethodInfo;
  /**
   * Decodes, runs the processor with its layers, encodes. The response comes at once if the
   * processor gives its output at once.
   *
   * @throws {ShizukuError} Whatever goes wrong, and nothing else; thrown or as a rejection.
   */
  call(request: EndpointRequest): Awaitable<EndpointResponse>;
}

/**
 * The endpoints of a service, by the method's name on the wire.
 *
 * @example What a running service answers
 * ```ts ignore
 * import { serve } from "@shizuku/shizuku/services";
 *
 * await using service = await serve(nc, GreetService, greeter);
 * for (const [name, { method }] of service.endpoints) console.log(name, method.noSideEffects);
 * ```
 */
export type Endpoints = ReadonlyMap<string, Endpoint>;

/**
 * Joins a contract with its implementation.
 *
 * @throws {TypeError} If methods are missing or unknown; they are named.
 * @throws {RangeError} If a limit is less than 1.
 * @example
 * ```ts
 * import { text } from "@shizuku/shizuku/core";
 * import { createEndpoints, defineService } from "@shizuku/shizuku/services";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const endpoints = createEndpoints(GreetService, { greet: (name) => `Hello, ${name}` });
 * console.log([...endpoints.keys()]); // [ "greet" ]
 * ```
 */
export function createEndpoints<S extends ServiceContract>(
  contract: S,
  implementation: Implementation<S>,
  options: EndpointsOptions<S> = {},
): Endpoints {
  const { layers = [], maxConcurrent = 1_000 } = options;
  const { typeName, methods } = serviceInfo(contract);
  const processors = implementation as Readonly<Record<string, Processor<unknown, unknown>>>;
  const own = (options.methods ?? {}) as Readonly<Record<string, MethodOptions | undefined>>;
  const names = [...methods.values()].map(({ localName }) => localName);
  checkMethods(`Cannot serve ${typeName} as its implementation`, names, processors, true);
  checkMethods(`Cannot serve ${typeName} as its options`, names, own, false);
  const gate = new Gate(typeName, maxConcurrent);
  return new Map([...methods].map(([name, method]) => {
    const options = own[method.localName] ?? {};
    const processor = bind(processors[method.localName]!, implementation);
    const process = stack(processor, ...layers, ...options.layers ?? []);
    const ownGate = options.maxConcurrent === undefined
      ? undefined
      : new Gate(`${typeName}.${name}`, options.maxConcurrent);
    return [name, new MethodEndpoint(method, process, gate, ownGate)];
  }));
}

/** A method of a class instance needs its `this`. */
function bind(processor: Processor<unknown, unknown>, self: unknown): Process<unknown, unknown> {
  return typeof processor === "function" ? processor.bind(self) : toProcess(processor);
}

function checkMethods(
  action: string,
  wanted: readonly string[],
  found: object,
  isComplete: boolean,
): void {
  const missing = isComplete ? wanted.filter((name) => !(name in found)) : [];
  const values = found as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(found).filter((name) =>
    // An object's other fields are its own affair, as long as nobody could take them for methods.
    !wanted.includes(name) && (!isComplete || typeof values[name] === "function")
  );
  if (missing.length === 0 && unknown.length === 0) return;
  throw new TypeError(
    `${action} must have ${isComplete ? "exactly" : "only"} its methods: ` +
      [
        ...missing.map((name) => `${name} is missing`),
        ...unknown.map((name) => `${name} is not a method`),
      ].join(", "),
  );
}

class MethodEndpoint implements Endpoint {
  readonly method: MethodInfo;
  readonly #process: Process<unknown, unknown>;
  readonly #gate: Gate;
  readonly #ownGate: Gate | undefined;

  constructor(
    method: MethodInfo,
    process: Process<unknown, unknown>,
    gate: Gate,
    ownGate: Gate | undefined,
  ) {
    this.method = method;
    this.#process = process;
    this.#gate = gate;
    this.#ownGate = ownGate;
  }

  call(request: EndpointRequest): Awaitable<EndpointResponse> {
    this.#enter();
    const values = new ResponseHeaders();
    let response: EndpointResponse;
    try {
      const { method } = this;
      const { text, contentType, signal, deadline, headers, subject } = request;
      const codec = contentType === undefined
        ? method.defaultInput
        : pickCodec(method.input, contentType);
      const isText = text !== undefined && method.text?.contentType === codec.contentType;
      const input = isText ? method.text!.input.decode(text) : codec.decode(request.payload);
      const ctx = createContext({ signal, deadline, headers, subject, values });
      const output = this.#process(input, ctx);
      if (isPromiseLike(output)) return this.#respondLater(output, codec, values, isText);
      response = this.#respond(output, codec, values, isText);
    } catch (thrown) {
      this.#leave();
      throw withHeaders(ShizukuError.from(thrown), values.headers);
    }
    this.#leave();
    return response;
  }

  async #respondLater(
    output: PromiseLike<unknown>,
    requestCodec: Codec<unknown>,
    values: ResponseHeaders,
    isText: boolean,
  ): Promise<EndpointResponse> {
    try {
      return this.#respond(await output, requestCodec, values, isText);
    } catch (thrown) {
      throw withHeaders(ShizukuError.from(thrown), values.headers);
    } finally {
      this.#leave();
    }
  }

  #respond(
    output: unknown,
    { contentType }: Codec<unknown>,
    { headers }: ResponseHeaders,
    isText: boolean,
  ): EndpointResponse {
    const { method } = this;
    if (isText) {
      const text = encode(method, () => method.text!.output.encode(output));
      return new TextResponse(text, contentType, headers);
    }
    const codec = method.output.get(contentType) ?? method.defaultOutput;
    return {
      payload: encode(method, () => codec.encode(output)),
      contentType: codec.contentType,
      headers,
    };
  }

  #enter(): void {
    this.#gate.enter();
    try {
      this.#ownGate?.enter();
    } catch (thrown) {
      this.#gate.leave();
      throw thrown;
    }
  }

  #leave(): void {
    this.#gate.leave();
    this.#ownGate?.leave();
  }
}

/** A response in text, whose bytes are made when somebody asks for them. */
class TextResponse implements EndpointResponse {
  constructor(
    readonly text: string,
    readonly contentType: string,
    readonly headers: HeadersRecord | undefined,
  ) {}

  get payload(): Uint8Array {
    return new TextEncoder().encode(this.text);
  }
}

function encode<T>(method: MethodInfo, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new ShizukuError("internal", `Cannot encode the response of ${method.name}`, {
      stage: "post",
      retryable: false,
      cause,
    });
  }
}
