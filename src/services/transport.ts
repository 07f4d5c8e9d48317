import type { AbortSource } from "../connection/mod.ts";
import type { HeadersRecord, MessageHeaders } from "../core/mod.ts";

/** One call, in bytes, as a transport carries it. */
export interface TransportRequest {
  /** Full name of the service. */
  readonly service: string;
  /** Name of the method on the wire. */
  readonly method: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it is at hand: it may spare a copy. */
  readonly text?: string | undefined;
  /** How it is encoded; the contract's default if left out. */
  readonly contentType?: string | undefined;
  /** Headers to send along. */
  readonly headers?: HeadersRecord | undefined;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Cancels the call. A holder, such as a controller or a request, is asked for its signal only when
   * the call does not end at once.
   */
  readonly signal?: AbortSignal | SignalHolder | undefined;
}

/** What has a signal, and may make it when it is first asked for. */
export interface SignalHolder {
  /** The signal. */
  readonly signal: AbortSignal;
  /** What aborts as the signal does and costs less, if there is such a thing. */
  readonly source?: AbortSource;
}

/** The answer, in bytes. */
export interface TransportResponse {
  /** The encoded response. */
  readonly payload: Uint8Array;
  /** The text of which the payload is the UTF-8, if it is at hand. */
  readonly text?: string | undefined;
  /** How it is encoded, if that is said. */
  readonly contentType?: string | undefined;
  /** Headers of the answer, if there are any. */
  readonly headers?: MessageHeaders | undefined;
}

/** Carries calls to a service: over NATS, or within the process. */
export interface Transport {
  /**
   * Makes one call.
   *
   * @throws {ShizukuError} For every failure; `deadline_exceeded` when `timeoutMs` is over,
   * `canceled` when the signal aborts, `unavailable` when nobody answers there.
   */
  unary(request: TransportRequest): Promise<TransportResponse>;
}
