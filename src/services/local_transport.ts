import { CallSignal, MessageHeaders, ShizukuError } from "../core/mod.ts";
import { canceled } from "./_canceled.ts";
import { type ServiceContract, serviceInfo } from "./contract.ts";
import {
  createEndpoints,
  type Endpoint,
  type Endpoints,
  type EndpointsOptions,
  type Implementation,
} from "./endpoint.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

/** Calls within the process: the same bytes in and out as over NATS, without the hop. */
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
    async unary(request) {
      const endpoint = services.get(request.service)?.get(request.method);
      if (endpoint === undefined) {
        const action = `Cannot call ${request.service}.${request.method}`;
        throw new ShizukuError("unavailable", `${action}: nobody answers there`, { stage: "call" });
      }
      return await callWithin(endpoint, request);
    },
  };
}

/** Calls an endpoint; rejects at the deadline and on cancel, whatever the handler does. */
async function callWithin(
  endpoint: Endpoint,
  { payload, contentType, headers, timeoutMs, signal }: TransportRequest,
): Promise<TransportResponse> {
  if (signal?.aborted) throw canceled(signal);
  const deadline = performance.now() + timeoutMs;
  // Without a deadline of its own: one timer decides, for the handler and for the caller.
  using callSignal = new CallSignal();
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
    const call = endpoint.call({
      payload,
      contentType,
      headers: () => MessageHeaders.from(headers),
      signal: callSignal,
      deadline,
    });
    const response = await Promise.race([call, ended]);
    return { ...response, headers: response.headers && MessageHeaders.from(response.headers) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}
