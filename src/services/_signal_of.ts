import type { TransportRequest } from "./transport.ts";

/** The signal of a request, made if need be. */
export function signalOf({ signal }: TransportRequest): AbortSignal | undefined {
  return signal === undefined || "aborted" in signal ? signal : signal.signal;
}
