import { CallSignal, isPromiseLike, MessageHeaders, ShizukuError } from "../core/mod.ts";
import { canceled } from "./_canceled.ts";
import { signalOf } from "./_signal_of.ts";
import { type ServiceContract, serviceInfo } from "./contract.ts";
import {
  createEndpoints,
  type Endpoint,
  type EndpointRequest,
  type EndpointResponse,
  type Endpoints,
  type EndpointsOptions,
  type Implementation,
} from "./endpoint.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/**
 * Calls within the process: the same bytes in and out as over NATS, without the hop.
 *
 * @example
 * ```ts
 * import {
 *   createClient,
 *   defineService,
 *   localTransport,
 *   type LocalTransport,
 * } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const Upper = defineService("upper.v1.Upper", { upper: { input: text, output: text } });
 * const Lower = defineService("lower.v1.Lower", { lower: { input: text, output: text } });
 * const transport: LocalTransport = localTransport()
 *   .add(Upper, { upper: (line) => line.toUpperCase() })
 *   .add(Lower, { lower: (line) => line.toLowerCase() }, { maxConcurrent: 10 });
 * console.log(await createClient(transport, Lower).lower("ADA")); // ada
 * ```
 */
export interface LocalTransport extends Transport {
  /** Adds a service. */
  add<S extends ServiceContract>(
    contract: S,
    implementation: Implementation<S>,
    options?: EndpointsOptions<S>,
  ): this;
  /** Adds endpoints that exist already. */
  addEndpoints(service: string, endpoints: Endpoints): this;
  /** Whether a service is here. */
  has(service: string): boolean;
}

/**
 * Makes a transport to services of this process.
 *
 * Deadline, cancel and errors are as over NATS; a service that is not here is `unavailable`.
 *
 * @example A service and its client in one test, without a server
 * ```ts
 * import { createClient, defineService, localTransport } from "@shizuku/shizuku/services";
 * import { text } from "@shizuku/shizuku/core";
 *
 * const GreetService = defineService("greet.v1.GreetService", {
 *   greet: { input: text, output: text },
 * });
 * const transport = localTransport().add(GreetService, { greet: (name) => `Hello, ${name}` });
 * console.log(await createClient(transport, GreetService).greet("Ada")); // Hello, Ada
 * ```
 */
export function localTransport(): LocalTransport {
  const services = new Map<string, Endpoints>();
  return {
    add(contract, implementation, options) {
      const endpoints = createEndpoints(contract, implementation, options);
      return this.addEndpoints(serviceInfo(contract).typeName, endpoints);
    },
    addEndpoints(service, endpoints) {
      services.set(service, endpoints);
      return this;
    },
    has: (service) => services.has(service),
    unary(request) {
      const endpoint = services.get(request.service)?.get(request.method);
      if (endpoint !== undefined) return callWithin(endpoint, request);
      const action = `Cannot call ${request.service}.${request.method}`;
      return Promise.reject(
        new ShizukuError("unavailable", `${action}: nobody answers there`, { stage: "call" }),
      );
    },
  };
}

/** Calls an endpoint; rejects at the deadline and on cancel, whatever the handler does. */
function callWithin(endpoint: Endpoint, request: TransportRequest): Promise<TransportResponse> {
  const { signal } = request;
  if (signal !== undefined && !("signal" in signal) && signal.aborted) {
    return Promise.reject(canceled(signal));
  }
  // Without a deadline of its own: one timer decides, for the handler and for the caller.
  const callSignal = new CallSignal();
  try {
    const response = endpoint.call(new LocalRequest(request, callSignal));
    if (isPromiseLike(response)) return within(response, request, callSignal);
    callSignal[Symbol.dispose]();
    return Promise.resolve(toResponse(response));
  } catch (thrown) {
    callSignal[Symbol.dispose]();
    return Promise.reject(thrown);
  }
}

/** Waits for a response that comes later, until the deadline or the cancel. */
async function within(
  later: PromiseLike<EndpointResponse>,
  request: TransportRequest,
  callSignal: CallSignal,
): Promise<TransportResponse> {
  const { timeoutMs } = request;
  const signal = signalOf(request);
  let reject: (error: ShizukuError) => void;
  const ended = new Promise<never>((_, reject_) => reject = reject_);
  const abort = (error: ShizukuError) => {
    // First, so that what a handler answers to the abort comes too late.
    reject(error);
    callSignal.abort(error);
  };
  const onAbort = () => abort(canceled(signal!));
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    abort(new ShizukuError("deadline_exceeded", `No answer in ${timeoutMs} ms`, { stage: "call" }));
  }, timeoutMs);
  try {
    return toResponse(await Promise.race([later, ended]));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    callSignal[Symbol.dispose]();
  }
}

/** A request for an endpoint; bytes and headers are made when somebody asks for them. */
class LocalRequest implements EndpointRequest {
  readonly text: string | undefined;
  readonly contentType: string | undefined;
  readonly deadline: number;
  readonly #request: TransportRequest;

  constructor(request: TransportRequest, readonly signal: CallSignal) {
    this.text = request.text;
    this.contentType = request.contentType;
    this.deadline = performance.now() + request.timeoutMs;
    this.#request = request;
  }

  get payload(): Uint8Array {
    return this.#request.payload;
  }

  get headers(): (() => MessageHeaders) | undefined {
    const { headers } = this.#request;
    return headers && (() => MessageHeaders.from(headers));
  }
}

function toResponse(response: EndpointResponse): TransportResponse {
  // Without headers it is what a transport answers, as it is.
  if (response.headers === undefined) return response as TransportResponse;
  const { payload, text, contentType, headers } = response;
  return { payload, text, contentType, headers: MessageHeaders.from(headers) };
}
