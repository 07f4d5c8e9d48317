import { type HeadersRecord, ShizukuError } from "../core/mod.ts";
import type { MethodInfo, Transport } from "../services/mod.ts";
import type { Caller, DisconnectWatch } from "./_disconnect_watch.ts";

/** One call, whatever the protocol that it came in. */
export interface Invocation {
  /** Full name of the service. */
  readonly service: string;
  /** The method. */
  readonly method: MethodInfo;
  /** How the payload is encoded, one of those of the method. */
  readonly contentType: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** Headers that go along. */
  readonly headers: HeadersRecord | undefined;
  /** How long the caller still waits, in milliseconds. */
  readonly timeoutMs: number;
  /** Who cancels the call by going away. */
  readonly caller: Caller;
}

/** The answer of a call. */
export interface InvocationResult {
  /** The encoded response. */
  readonly payload: Uint8Array;
  /** How it is encoded. */
  readonly contentType: string;
}

/**
 * Makes a call.
 *
 * @throws {ShizukuError} Whatever goes wrong, and nothing else.
 */
export async function invoke(
  transport: Transport,
  watch: DisconnectWatch,
  { service, method, contentType, payload, headers, timeoutMs, caller }: Invocation,
): Promise<InvocationResult> {
  if (timeoutMs <= 0) {
    throw new ShizukuError("deadline_exceeded", "The call's time is over", { stage: "call" });
  }
  using disconnect = watch.start(caller);
  try {
    const response = await transport.unary({
      service,
      method: method.name,
      payload,
      contentType,
      headers,
      timeoutMs,
      signal: disconnect.signal,
    });
    // Over NATS a response in the contract's default form does not name it.
    const { contentType: type = method.defaultOutput.contentType } = response;
    return { payload: response.payload, contentType: type };
  } catch (thrown) {
    throw ShizukuError.from(thrown, "call");
  }
}
