import {
  type Border,
  type Connection,
  isConflict,
  readStoreAck,
  store,
  type StoreAck,
  type StoreOptions,
} from "../connection/mod.ts";
import { checkSize, headersOf, type OutgoingMessage } from "./_outgoing_message.ts";
import { headerLine } from "./_outgoing_headers.ts";
import { jetStreamNumber, ROLLUP_FAILED } from "./_publish_error.ts";
import { type RetryPolicy, retryPublish } from "./_retry_publish.ts";

/** Where messages go, and how. */
export interface PublishContext {
  readonly connection: Connection;
  readonly border: Border;
  readonly policy: RetryPolicy;
}

const EMPTY = /* @__PURE__ */ new Uint8Array();

/**
 * Stores a message, however many tries it takes; all carry its one id.
 *
 * The first try has one promise and no other: this is where nearly all messages pass.
 *
 * @param isExpecting Whether its headers say what the stream must be like.
 */
export function publishMessage(
  { connection, border, policy }: PublishContext,
  message: OutgoingMessage,
  signal: AbortSignal | undefined,
  isExpecting: boolean,
): Promise<StoreAck> {
  return new Promise((resolve, reject) => {
    const { subject, payload } = message;
    const headers = headersOf(message);
    checkSize(connection, subject, payload.length, headers.byteLength);
    const options = { timeoutMs: policy.timeoutMs, headers, signal };
    const attempt = isExpecting
      ? () => storeExpecting(border, message, options)
      : () => store(border, subject, payload, options);
    const again = (thrown: unknown) => {
      const retried = { subject, signal, attempt };
      retryPublish(border, thrown, retried, policy).then(resolve, reject);
    };
    if (isExpecting) return void attempt().then(resolve, again);
    border.exchange(subject, payload, options, ({ data }) => {
      try {
        resolve(readStoreAck(data));
      } catch (thrown) {
        again(thrown);
      }
    }, again);
  });
}

/**
 * A stream without replicas checks what is expected before it looks for the id, so that a message
 * that is stored already conflicts with itself.
 */
async function storeExpecting(
  border: Border,
  message: OutgoingMessage,
  options: StoreOptions,
): Promise<StoreAck> {
  try {
    return await store(border, message.subject, message.payload, options);
  } catch (thrown) {
    if (!isConflict(thrown)) throw thrown;
    const stored = await findStored(border, message, options);
    if (stored === undefined) throw thrown;
    return stored;
  }
}

/**
 * Asks the stream whether it has a message, by its id.
 *
 * The question is a message of the same id that can only be refused: a stream looks for the id
 * first, and then finds a roll-up that does not exist.
 */
export async function findStored(
  border: Border,
  { subject, id }: Pick<OutgoingMessage, "subject" | "id">,
  options: StoreOptions,
): Promise<StoreAck | undefined> {
  const headers = headersOf({ id, lines: headerLine("Nats-Rollup", "none") });
  try {
    return await store(border, subject, EMPTY, { ...options, headers });
  } catch (thrown) {
    if (jetStreamNumber(thrown) === ROLLUP_FAILED) return undefined;
    throw thrown;
  }
}
