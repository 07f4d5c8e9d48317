import type { MsgHdrs } from "@nats-io/nats-core";
import type { Border } from "./border.ts";
import { readStoreAck, type StoreAck } from "./store_ack.ts";

/** How to store one message. */
export interface StoreOptions {
  /** Milliseconds to wait for the acknowledgement. */
  timeoutMs: number;
  /** Headers of the message. */
  headers?: MsgHdrs | undefined;
  /** Gives the wait up when it aborts; the message may be stored all the same. */
  signal?: AbortSignal | undefined;
}

/**
 * Publishes one message into the stream of its subject, and reads the acknowledgement.
 *
 * One try, through the multiplexer: the official client's `publish()` parses the acknowledgement
 * with a JSON parser and waits in a chain of promises.
 *
 * @throws {JetStreamError} If the stream refuses the message.
 * @throws {Error} As {@linkcode Border.call} does: nobody answers where no stream has the subject,
 * and for a moment while a cluster elects a leader.
 */
export async function store(
  border: Border,
  subject: string,
  payload: Uint8Array,
  options: StoreOptions,
): Promise<StoreAck> {
  return readStoreAck((await border.call(subject, payload, options)).data);
}
