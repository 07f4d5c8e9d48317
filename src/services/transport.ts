import type { HeadersRecord, MessageHeaders } from "../core/mod.ts";

/** One call, in bytes, as a transport carries it. */
export interface TransportRequest {
  /** Full name of the service. */
  readonly service: string;
  /** Name of the method on the wire. */
  readonly method: string;
  /** The encoded request. */
  readonly payload: Uint8Array;
  /** How it is encoded; the contract's default if left out. */
  readonly contentType?: string | undefined;
  /** Headers to send along. */
  readonly headers?: HeadersRecord | undefined;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer, in bytes. */
export interface TransportResponse {
  /** The encoded response. */
  readonly payload: Uint8Array;
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
