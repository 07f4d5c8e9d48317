import type { AbortSource } from "../connection/mod.ts";
import type { TransportRequest } from "./transport.ts";

/** The signal of a request, made if need be. */
export function signalOf({ signal }: TransportRequest): AbortSignal | undefined {
  // A holder may be an abort source as well, and so have all that a signal has.
  return signal !== undefined && "signal" in signal ? signal.signal : signal;
}

/** What aborts as the signal of a request does, without a signal where one can do so. */
export function abortSourceOf(request: TransportRequest): AbortSource | undefined {
  const { signal } = request;
  const isHolder = signal !== undefined && "signal" in signal;
  return isHolder && signal.source !== undefined ? signal.source : signalOf(request);
}
