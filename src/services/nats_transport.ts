import { headers as createHeaders, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import { borderOf, type Connection, fromNatsError, payloadTooLarge } from "../connection/mod.ts";
import { MessageHeaders, writeHeaders } from "../core/mod.ts";
import { canceled } from "./_canceled.ts";
import { SharedWrite } from "./_shared_write.ts";
import { abortSourceOf } from "./_signal_of.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import {
  cancelSubject,
  CONTENT_TYPE_HEADER,
  errorFromHeaders,
  rpcSubject,
  timeoutToken,
} from "./wire.ts";

/**
 * Options of {@linkcode natsTransport}.
 *
 * @example Of the namespace `staging`
 * ```ts ignore
 * import { natsTransport } from "@shizuku/shizuku/services";
 *
 * const transport = natsTransport(nc, { prefix: "staging.rpc" });
 * ```
 */
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
 * The time that the caller still waits goes along at the end of the reply subject. An abort rejects
 * at once and reaches the handler's signal, in whichever process it runs. A subject that nobody
 * answers fails at once as `unavailable`; a request that is too large is not sent.
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
  const border = borderOf(connection);
  const write = new SharedWrite();
  const cancel = (service: string) => (reply: string) => {
    if (!border.nc.isClosed()) border.nc.publish(cancelSubject(prefix, service), reply);
  };
  return {
    async unary(request) {
      const { service, method, payload, timeoutMs } = request;
      const signal = abortSourceOf(request);
      checkSize(request, border.nc.info?.max_payload);
      const others = write.join();
      if (others !== undefined) await others;
      try {
        const reply = await border.call(rpcSubject(prefix, service, method), payload, {
          timeoutMs,
          headers: requestHeaders(request),
          replySuffix: timeoutToken(timeoutMs),
          signal,
          onAbandoned: signal && cancel(service),
        });
        return reply.headers === undefined ? { payload: reply.data } : toResponse(reply);
      } catch (thrown) {
        if (signal?.aborted) throw canceled(signal);
        throw fromNatsError(thrown, `Cannot call ${service}.${method}`);
      }
    },
  };
}

function checkSize({ service, method, payload }: TransportRequest, max: number | undefined): void {
  if (max === undefined || payload.length <= max) return;
  const action = `Cannot call ${service}.${method}`;
  throw payloadTooLarge({ action, what: "a request", size: payload.length, max, stage: "pre" });
}

/** Headers of a request that needs some: they cost a third of the throughput. */
function requestHeaders({ headers, contentType }: TransportRequest): MsgHdrs | undefined {
  if (headers === undefined && contentType === undefined) return undefined;
  const result = createHeaders();
  if (headers !== undefined) writeHeaders(headers, result);
  if (contentType !== undefined) result.set(CONTENT_TYPE_HEADER, contentType);
  return result;
}

function toResponse(reply: Msg): TransportResponse {
  const headers = MessageHeaders.from(reply.headers);
  const error = errorFromHeaders(headers);
  if (error !== undefined) throw error;
  return { payload: reply.data, contentType: headers.get(CONTENT_TYPE_HEADER), headers };
}
