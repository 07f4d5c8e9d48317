import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
  JsHeaders,
} from "@nats-io/jetstream";
import {
  createInbox,
  millis,
  type Msg,
  type MsgHdrs,
  nanos,
  type NatsConnection,
  nuid,
} from "@nats-io/nats-core";
import { getLogger } from "../core/mod.ts";
import { fromKvError } from "./_kv_error.ts";
import { PushInbox } from "./_push_inbox.ts";

/** The JetStream clients of one connection. */
export interface JetStream {
  /** The connection, as the border gives it. */
  readonly nc: NatsConnection;
  /** Publishes. */
  readonly client: JetStreamClient;
  /** Manages streams and consumers. */
  readonly manager: JetStreamManager;
}

/** What to watch. */
export interface WatchStreamOptions {
  /** Name of the stream. */
  stream: string;
  /** Subject with wildcards. */
  filter: string;
  /** To begin the message of an error with: `Cannot watch seat.* of bucket seats`. */
  action: string;
  /** Leaves the payloads out. */
  keysOnly: boolean;
  /** Ends the watch. */
  signal: AbortSignal | undefined;
}

/** A message of a stream. */
export interface StreamMessage {
  /** Its subject. */
  readonly subject: string;
  /** Its payload. */
  readonly data: Uint8Array;
  /** Its headers. */
  readonly headers: MsgHdrs | undefined;
  /** Its sequence in the stream. */
  readonly sequence: number;
  /** When it was stored. */
  readonly created: Date;
  /** How many follow. */
  readonly pending: number;
}

/** How far a watch has come. */
interface Progress {
  /** Sequence of the last message. */
  sequence: number;
  /** Whether the snapshot has been given. */
  isReady: boolean;
}

const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
const INACTIVE_MS = 30_000;
const MAX_BACKOFF_MS = 2_000;

/**
 * Gives the last message of every subject, then `ready`, then every new message, in order.
 *
 * An ordered consumer that is started again after the last message whenever one is missing or the
 * server is silent. The official one keeps its subscription when a loop ends early, and its
 * consumer for 5 minutes; this one is gone when the loop ends, whichever way it does.
 */
export async function* watchStream(
  jetStream: JetStream,
  options: WatchStreamOptions,
): AsyncGenerator<StreamMessage | "ready"> {
  const progress: Progress = { sequence: 0, isReady: false };
  let failures: number | undefined;
  while (!options.signal?.aborted) {
    using inbox = new PushInbox(
      jetStream.nc,
      createInbox(jetStream.client.getOptions().watcherPrefix),
      options.signal,
    );
    await using consumer = new TemporaryConsumer(jetStream, options.stream);
    try {
      const pending = await consumer.create(configOf(options, inbox.subject, progress.sequence));
      failures = 0;
      yield* follow(jetStream.nc, inbox, pending, progress);
    } catch (thrown) {
      const error = fromKvError(thrown, options.action);
      const isOver = error.code === "not_found" || jetStream.nc.isClosed();
      if (failures === undefined || isOver) throw error;
      getLogger(["kv"]).warn("Watching {filter} again: {error}", { filter: options.filter, error });
      await inbox.next(Math.min(MAX_BACKOFF_MS, 50 * 2 ** ++failures));
    }
  }
}

/** Gives what one consumer delivers, until it has to be started again or the signal aborts. */
async function* follow(
  nc: NatsConnection,
  inbox: PushInbox,
  pending: number,
  progress: Progress,
): AsyncGenerator<StreamMessage | "ready"> {
  let left = pending;
  for (let delivered = 0;;) {
    if (left === 0 && !progress.isReady) {
      progress.isReady = true;
      yield "ready";
    }
    const message = await inbox.next(SILENCE_MS);
    if (message === "closed") {
      throw new Error("the connection was closed");
    }
    if (typeof message === "string") return;
    const { headers } = message;
    if (headers !== undefined && headers.code !== 0) {
      const status = readStatus(nc, message, headers, delivered);
      if (status === "broken") return;
      if (status === "idle") left = 0;
      continue;
    }
    const { consumerSequence, stored } = readMessage(message);
    if (consumerSequence !== ++delivered) return;
    progress.sequence = stored.sequence;
    yield stored;
    // What is pending when the consumer is made is the snapshot. Of that, a message that is
    // overwritten in the meantime is given later, one that is removed never.
    if (left > 0) left = stored.pending === 0 ? 0 : left - 1;
  }
}

/** Answers what the server asks; `broken` if a message is missing or the consumer is gone. */
function readStatus(
  nc: NatsConnection,
  message: Msg,
  headers: MsgHdrs,
  delivered: number,
): "fine" | "idle" | "broken" {
  if (headers.code !== 100) return "broken";
  // A request for flow control is answered in its turn, when all before it has been given.
  if (message.respond()) return "fine";
  const stalled = headers.get(JsHeaders.ConsumerStalledHdr);
  if (stalled !== "") nc.publish(stalled);
  if (Number(headers.get(JsHeaders.LastConsumerSeqHdr)) !== delivered) return "broken";
  return stalled === "" ? "idle" : "fine";
}

/** Reads `$JS.ACK.[domain.account.]stream.consumer.delivered.sequence.consumerSequence.time.pending`. */
function readMessage(message: Msg): { consumerSequence: number; stored: StreamMessage } {
  const tokens = message.reply!.split(".");
  const [sequence, consumerSequence, time, pending] = tokens.slice(tokens.length > 9 ? 7 : 5)
    .map(Number) as [number, number, number, number];
  const { subject, data, headers } = message;
  const created = new Date(millis(time));
  return { consumerSequence, stored: { subject, data, headers, sequence, created, pending } };
}

function configOf(
  { filter, keysOnly }: WatchStreamOptions,
  subject: string,
  lastSequence: number,
): Partial<ConsumerConfig> {
  return {
    filter_subject: filter,
    headers_only: keysOnly,
    deliver_subject: subject,
    ...(lastSequence === 0
      ? { deliver_policy: DeliverPolicy.LastPerSubject }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: lastSequence + 1 }),
    ack_policy: AckPolicy.None,
    max_deliver: 1,
    flow_control: true,
    idle_heartbeat: nanos(HEARTBEAT_MS),
    inactive_threshold: nanos(INACTIVE_MS),
    mem_storage: true,
    num_replicas: 1,
  };
}

/** A consumer that is removed at the end, also if nobody knows whether it was made. */
class TemporaryConsumer implements AsyncDisposable {
  readonly #jetStream: JetStream;
  readonly #stream: string;
  readonly #name = nuid.next();

  constructor(jetStream: JetStream, stream: string) {
    this.#jetStream = jetStream;
    this.#stream = stream;
  }

  /** Makes it, and gives the number of messages that it will deliver first. */
  async create(config: Partial<ConsumerConfig>): Promise<number> {
    const { consumers } = this.#jetStream.manager;
    return (await consumers.add(this.#stream, { ...config, name: this.#name })).num_pending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { nc, manager } = this.#jetStream;
    if (nc.isClosed()) return;
    try {
      await manager.consumers.delete(this.#stream, this.#name);
    } catch (error) {
      // It may be gone with its stream or server; if not, it expires for inactivity.
      getLogger(["kv"]).debug("Did not remove a consumer: {error}", { error });
    }
  }
}
