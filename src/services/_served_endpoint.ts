import { headers as createHeaders, type Msg, type NatsConnection } from "@nats-io/nats-core";
import { payloadTooLarge } from "../connection/mod.ts";
import {
  type Awaitable,
  type HeadersRecord,
  isPromiseLike,
  type Logger,
  MessageHeaders,
  ShizukuError,
  writeHeaders,
} from "../core/mod.ts";
import type { RunningCalls } from "./_running_calls.ts";
import { ServedCall } from "./_served_call.ts";
import { errorToHeaders, timeoutOfHeaders, timeoutOfReply } from "./_served_wire.ts";
import type { Endpoint, EndpointRequest, EndpointResponse } from "./endpoint.ts";
import { EndpointStats } from "./endpoint_stats.ts";
import { CONTENT_TYPE_HEADER } from "./wire.ts";

/** What the endpoints of one service share. */
export interface ServedBy {
  /** Its connection. */
  readonly nc: NatsConnection;
  /** Its calls. */
  readonly running: RunningCalls;
  /** Where it logs to. */
  readonly logger: Logger;
}

/** Answers the messages on the subject of one endpoint. */
export class ServedEndpoint {
  /** What it has done. */
  readonly stats: EndpointStats = new EndpointStats();
  readonly #endpoint: Endpoint;
  readonly #subject: string;
  readonly #by: ServedBy;

  /** @param subject Where the messages come from. */
  constructor(endpoint: Endpoint, subject: string, by: ServedBy) {
    this.#endpoint = endpoint;
    this.#subject = subject;
    this.#by = by;
  }

  /** Takes a message: answers it, or says in the log why not. Never throws. */
  receive(message: Msg): void {
    const { reply } = message;
    if (!reply) {
      this.#by.logger.warn("Dropped a call of {subject}: it has no reply subject", {
        subject: this.#subject,
      });
      return;
    }
    const started = performance.now();
    const headers = message.headers === undefined
      ? undefined
      : MessageHeaders.from(message.headers);
    const timeoutMs = timeoutOfReply(reply) ?? (headers && timeoutOfHeaders(headers));
    const deadline = timeoutMs === undefined ? undefined : started + timeoutMs;
    const call = new ServedCall(reply, started, deadline);
    this.#by.running.add(call);
    this.#run(message, call, {
      payload: message.data,
      contentType: headers?.get(CONTENT_TYPE_HEADER),
      headers,
      signal: call,
      deadline,
      subject: this.#subject,
    });
  }

  /** Answers within the same turn if the handler does, so that such answers share one write. */
  #run(message: Msg, call: ServedCall, request: EndpointRequest): void {
    let response: Awaitable<EndpointResponse>;
    try {
      response = this.#endpoint.call(request);
    } catch (thrown) {
      return this.#fail(message, call, thrown);
    }
    if (!isPromiseLike(response)) return this.#answer(message, call, response);
    response.then(
      (answer) => this.#answer(message, call, answer),
      (thrown) => this.#fail(message, call, thrown),
    );
  }

  #answer(message: Msg, call: ServedCall, response: EndpointResponse): void {
    const { payload, contentType, headers } = response;
    const isDefault = contentType === this.#endpoint.method.defaultOutput.contentType;
    const all = isDefault ? headers : { ...headers, [CONTENT_TYPE_HEADER]: contentType };
    this.#end(message, call, payload, all);
  }

  #fail(message: Msg, call: ServedCall, thrown: unknown): void {
    const error = ShizukuError.from(thrown);
    this.stats.countError(error);
    const values = { method: this.#endpoint.method.name, error, cause: error.cause };
    // What a handler throws on purpose is an answer; what nobody expected is for whoever runs it.
    if (error.code === "internal") this.#by.logger.error("{method} failed: {error}", values);
    else this.#by.logger.debug("{method} failed: {error}", values);
    this.#end(message, call, undefined, errorToHeaders(error));
  }

  #end(
    message: Msg,
    call: ServedCall,
    payload: Uint8Array | undefined,
    headers: HeadersRecord | undefined,
  ): void {
    const now = performance.now();
    const isAbandoned = call.isAbandoned(now);
    call[Symbol.dispose]();
    this.stats.countRequest(now - call.started);
    try {
      if (!isAbandoned) this.#respond(message, payload, headers);
    } catch (error) {
      // The connection is closed, so that nobody can hear the answer.
      this.#by.logger.warn("Cannot answer {subject}: {error}", { subject: this.#subject, error });
    } finally {
      // Only now: a service that drains flushes when its last call has ended.
      this.#by.running.delete(call);
    }
  }

  /** An answer that the server would refuse is answered with that, so that nobody waits for it. */
  #respond(
    message: Msg,
    payload: Uint8Array | undefined,
    headers: HeadersRecord | undefined,
  ): void {
    const max = this.#by.nc.info?.max_payload ?? Infinity;
    const size = (payload?.length ?? 0) + sizeOf(headers);
    if (size <= max) return respond(message, payload, headers);
    const sizes = { size, max, stage: "post" } as const;
    const error = payloadTooLarge({ action: "Cannot answer", what: "a response", ...sizes });
    this.stats.countError(error);
    respond(message, undefined, errorToHeaders(error));
  }
}

/** Bytes of headers on the wire, or a few more (ADR-4). */
function sizeOf(headers: HeadersRecord | undefined): number {
  if (headers === undefined) return 0;
  const lines = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}\r\n`)
  );
  return new TextEncoder().encode(lines.join("")).length + "NATS/1.0\r\n\r\n".length;
}

function respond(
  message: Msg,
  payload: Uint8Array | undefined,
  headers: HeadersRecord | undefined,
): void {
  if (headers === undefined) {
    message.respond(payload);
    return;
  }
  const target = createHeaders();
  writeHeaders(headers, target);
  message.respond(payload, { headers: target });
}
