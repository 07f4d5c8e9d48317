import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";

/** A message of a stream. */
export interface Stored {
  readonly sequence: number;
  readonly subject: string;
  readonly text: string;
  readonly headers: Record<string, string[]>;
}

/** All messages of a stream, the oldest first. */
export async function storedIn(nc: NatsConnection, stream: string): Promise<Stored[]> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const { state } = await streams.info(stream);
  const found: Stored[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await streams.getMessage(stream, { seq });
    if (message === null) continue;
    const { subject, header } = message;
    const headers = Object.fromEntries(header ?? []);
    found.push({ sequence: seq, subject, text: message.string(), headers });
  }
  return found;
}

/** How many messages a stream holds. */
export async function countIn(nc: NatsConnection, stream: string): Promise<number> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  return (await streams.info(stream)).state.messages;
}
