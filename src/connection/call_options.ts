import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import type { AbortSource } from "./abort_source.ts";

/** How to make one call through {@linkcode Multiplexer.call}. */
export interface CallOptions {
  /** Milliseconds to wait for the reply, above 0; a call ends up to 25 ms after them. */
  timeoutMs: number;
  /** Headers of the request. They cost a third of the throughput, so send none that is not needed. */
  headers?: MsgHdrs | undefined;
  /** Gives the call up when it aborts: it rejects at once, with the signal's reason. */
  signal?: AbortSource | undefined;
  /** One more token, which ends the reply subject; the responder can read it there. */
  replySuffix?: string | undefined;
  /**
   * Takes a reply that others follow; whether it did. The call ends with the first one that it does
   * not take, or that says that nobody listens. It must not throw.
   */
  takesPart?: ((reply: Msg) => boolean) | undefined;
  /**
   * Hears of a call that its signal gave up after it was sent, with its reply subject. It is not
   * called after a time-out or a lost connection.
   */
  onAbandoned?: ((replySubject: string) => void) | undefined;
}
