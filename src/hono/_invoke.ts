import { CallSignal, createContext, MessageHeaders, ShizukuError, stack } from "../core/mod.ts";
import type { HeadersRecord, Process } from "../core/mod.ts";
import type {
  MethodInfo,
  SignalHolder,
  Transport,
  TransportRequest,
  TransportResponse,
} from "../services/mod.ts";
import type { RpcSettings } from "./_check_settings.ts";
import type { Message } from "./_message.ts";
import type { RpcCall, RpcSource } from "./rpc_options.ts";

/**
 * Makes a call, whatever the protocol that it came in.
 *
 * @param timeoutMs How long the caller still waits, in milliseconds.
 * @param caller Cancels the call by going away.
 */
export type Invoke = (
  call: RpcCall,
  timeoutMs: number,
  caller: SignalHolder,
) => Promise<TransportResponse>;

/** Makes the function that makes calls. */
export function createInvoke(
  source: RpcSource,
  { layers }: Pick<RpcSettings, "layers">,
): Invoke {
  const run: Invoke = layers.length === 0
    ? (call, timeoutMs, caller) => send(source.transport, call, timeoutMs, caller)
    : layered(source, layers);
  return (call, timeoutMs, caller) => {
    if (timeoutMs > 0) return run(call, timeoutMs, caller);
    throw new ShizukuError("deadline_exceeded", "The call's time is over", { stage: "call" });
  };
}

function send(
  transport: Transport,
  call: RpcCall,
  timeoutMs: number,
  caller: SignalHolder,
): Promise<TransportResponse> {
  return transport.unary(new OutgoingRequest(call, timeoutMs, caller));
}

/** The way of calls that have layers, and so a context. */
function layered(source: RpcSource, layers: RpcSettings["layers"]): Invoke {
  const last: Process<RpcCall, TransportResponse> = (call, ctx) =>
    send(source.transport, call, Math.ceil(ctx.remainingMs), ctx);
  const process = stack(last, ...layers) as Process<RpcCall, TransportResponse>;
  return async (call, timeoutMs, caller) => {
    const deadline = performance.now() + timeoutMs;
    using signal = new CallSignal(deadline, caller);
    const headers = () => MessageHeaders.from(call.headers);
    const subject = `${call.service}/${call.method.name}`;
    return await process(call, createContext({ signal, deadline, headers, subject }));
  };
}

/** A call that came over HTTP. */
export class IncomingCall implements RpcCall {
  readonly #message: Message;

  constructor(
    readonly service: string,
    readonly method: MethodInfo,
    readonly contentType: string,
    message: Message,
    readonly headers: HeadersRecord | undefined,
  ) {
    this.#message = message;
  }

  get text(): string | undefined {
    return this.#message.text;
  }

  get payload(): Uint8Array {
    return this.#message.payload;
  }
}

/** A call on its way to a transport. */
class OutgoingRequest implements TransportRequest {
  readonly service: string;
  readonly method: string;
  readonly text: string | undefined;
  readonly contentType: string | undefined;
  readonly headers: HeadersRecord | undefined;
  readonly #call: RpcCall;

  constructor(call: RpcCall, readonly timeoutMs: number, readonly signal: SignalHolder) {
    const { service, method, contentType } = call;
    this.service = service;
    this.method = method.name;
    this.text = call.text;
    // Over NATS, the contract's default form need not be named.
    this.contentType = contentType === method.defaultInput.contentType ? undefined : contentType;
    this.headers = call.headers;
    this.#call = call;
  }

  get payload(): Uint8Array {
    return this.#call.payload;
  }
}
