import { headers as createHeaders, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { borderOf, type Connection, fromNatsError } from "../connection/mod.ts";
import { type HeadersRecord, MessageHeaders, ShizukuError, writeHeaders } from "../core/mod.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { CONTENT_TYPE_HEADER, errorFromHeaders, rpcSubject, TIMEOUT_HEADER } from "./wire.ts";

/** Options of {@linkcode natsTransport}. */
export interface NatsTransportOptions {
  /**
   * First tokens of the subjects.
   * @default {"rpc"}
   */
  prefix?: string;
}

/**
 * Calls services over NATS, on `<prefix>.<service>.<method>`.
 *
 * The time that the caller still waits goes along in a header. A subject that nobody answers fails
 * at once as `unavailable`.
 *
 * @example
 * ```ts ignore
 * import { createClient, natsTransport } from "@shizuku/shizuku/services";
 *
 * const client = createClient(natsTransport(nc), DelayService);
 * console.log(await client.getAirport({ iata: "ORD" }));
 * ```
 * @see ADR-32 (NATS service API)
 */
export function natsTransport(
  connection: Connection,
  options: NatsTransportOptions = {},
): Transport {
  const { prefix = "rpc" } = options;
  const { nc } = borderOf(connection);
  return {
    async unary(request) {
      const subject = rpcSubject(prefix, request.service, request.method);
      const action = `Cannot call ${request.service}.${request.method}`;
      checkSize(action, request.payload.length, nc.info?.max_payload);
      const { timeoutMs, payload } = request;
      const options = { timeout: timeoutMs, headers: requestHeaders(request) };
      try {
        const reply = await abortable(nc.request(subject, payload, options), request.signal);
        return toResponse(reply);
      } catch (thrown) {
        throw fromNatsError(thrown, action);
      }
    },
  };
}

function checkSize(action: string, size: number, maxPayload: number | undefined): void {
  if (maxPayload === undefined || size <= maxPayload) return;
  throw new ShizukuError(
    "resource_exhausted",
    `${action} as a request must have at most ${maxPayload} bytes: current size is ${size}`,
    { stage: "pre", retryable: false },
  );
}

function requestHeaders({ headers, contentType, timeoutMs }: TransportRequest): MsgHdrs {
  const result = createHeaders();
  if (headers !== undefined) writeHeaders(headers as HeadersRecord, result);
  if (contentType !== undefined) result.set(CONTENT_TYPE_HEADER, contentType);
  result.set(TIMEOUT_HEADER, String(Math.ceil(timeoutMs)));
  return result;
}

function toResponse(reply: Msg): TransportResponse {
  if (reply.headers === undefined) return { payload: reply.data };
  const headers = MessageHeaders.from(reply.headers);
  const error = errorFromHeaders(headers);
  if (error !== undefined) throw error;
  return { payload: reply.data, contentType: headers.get(CONTENT_TYPE_HEADER) };
}

/** Rejects as soon as the signal aborts; what the promise does then is of no interest. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () =>
      reject(
        new ShizukuError("canceled", "The caller canceled the call", {
          stage: "call",
          cause: signal.reason,
        }),
      );
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
