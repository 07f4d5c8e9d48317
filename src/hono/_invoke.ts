import {
  CallSignal,
  createContext,
  MessageHeaders,
  type Process,
  ShizukuError,
  stack,
} from "../core/mod.ts";
import type { Transport, TransportResponse } from "../services/mod.ts";
import { DisconnectSignal, type DisconnectWatch } from "./_disconnect_watch.ts";
import type { RpcSettings } from "./_check_settings.ts";
import type { RpcCall, RpcSource } from "./rpc_options.ts";

/** Whose call it is, and until when. */
export interface CallScope {
  /** Who cancels the call by going away. */
  readonly caller: { readonly signal: AbortSignal };
  /** How long the caller still waits, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Makes a call, whatever the protocol that it came in.
 *
 * It rejects with a {@linkcode ShizukuError} and nothing else.
 */
export type Invoke = (call: RpcCall, scope: CallScope) => Promise<TransportResponse>;

/** Makes the function that makes calls. */
export function createInvoke(
  source: RpcSource,
  { layers }: Pick<RpcSettings, "layers">,
  watch: DisconnectWatch,
): Invoke {
  const run = layers.length === 0 ? undefined : layered(source, layers);
  return async (call, { caller, timeoutMs }) => {
    if (timeoutMs <= 0) {
      throw new ShizukuError("deadline_exceeded", "The call's time is over", { stage: "call" });
    }
    const disconnect = new DisconnectSignal(caller, watch);
    try {
      return await (run === undefined
        ? send(source.transport, call, timeoutMs, disconnect)
        : run(call, timeoutMs, disconnect));
    } catch (thrown) {
      throw ShizukuError.from(thrown, "call");
    } finally {
      disconnect[Symbol.dispose]();
    }
  };
}

function send(
  transport: Transport,
  { service, method, payload, contentType, headers }: RpcCall,
  timeoutMs: number,
  signal: { readonly signal: AbortSignal },
): Promise<TransportResponse> {
  // Over NATS, the contract's default form need not be named.
  const named = contentType === method.defaultInput.contentType ? undefined : contentType;
  const request = { service, payload, contentType: named, headers, timeoutMs, signal };
  return transport.unary({ ...request, method: method.name });
}

/** The way of calls that have layers, and so a context. */
function layered(source: RpcSource, layers: RpcSettings["layers"]) {
  const call: Process<RpcCall, TransportResponse> = (call, ctx) => {
    return send(source.transport, call, Math.ceil(ctx.remainingMs), ctx);
  };
  const process = stack(call, ...layers) as Process<RpcCall, TransportResponse>;
  return async (call: RpcCall, timeoutMs: number, disconnect: DisconnectSignal) => {
    const deadline = performance.now() + timeoutMs;
    using signal = new CallSignal(deadline, disconnect);
    return await process(
      call,
      createContext({
        signal,
        deadline,
        headers: () => MessageHeaders.from(call.headers),
        subject: `${call.service}/${call.method.name}`,
      }),
    );
  };
}
