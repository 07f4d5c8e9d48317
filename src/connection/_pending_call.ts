import type { Msg } from "@nats-io/nats-core";
import type { AbortSource } from "./abort_source.ts";

/** A call whose reply is being waited for. */
export class PendingCall {
  /** Number in the reply subject, given by the table that holds the call. */
  id = 0;
  /** Where the reply goes; empty as long as the request has not been sent. */
  reply = "";
  /** The signal that can give it up. */
  signal: AbortSource | undefined = undefined;
  /** Takes replies before the last one. */
  takesPart: ((reply: Msg) => boolean) | undefined = undefined;
  /** Hears of it when the signal did. */
  onAbandoned: ((replySubject: string) => void) | undefined = undefined;

  constructor(
    readonly subject: string,
    /** When it times out, on the clock of `performance.now()`. */
    readonly deadline: number,
    readonly resolve: (reply: Msg) => void,
    readonly reject: (error: unknown) => void,
  ) {}
}
