import { create, fromJsonString, toJsonString } from "@bufbuild/protobuf";
import { delay, type DescMessage, type Logger, type MessageInitShape } from "@shizuku/shizuku/core";
import type { Publisher } from "@shizuku/shizuku/consumers";
import { inArray } from "drizzle-orm";
import { type Database, outbox, type Queries } from "./database.ts";

/** How often it looks for what a process that died has left, in milliseconds. */
const SWEEP_MS = 1_000;
/** For how long it tries to publish before it lets the database go, in milliseconds. */
const PUBLISH_MS = 5_000;
const BATCH = 100;

/**
 * Notes an event in the transaction that makes it true: either both are there, or neither is.
 *
 * Publishing within the transaction would tell of what may still be rolled back, and publishing
 * after it would be forgotten if the process died in between.
 */
export async function note<Desc extends DescMessage>(
  transaction: Queries,
  schema: Desc,
  event: MessageInitShape<Desc>,
): Promise<void> {
  const payload = toJsonString(schema, create(schema, event));
  await transaction.insert(outbox).values({ event: schema.typeName, payload });
}

/** Publishes an event that was noted. */
export type OutboxRoute = readonly [
  typeName: string,
  publish: (payload: string, id: string, signal: AbortSignal) => Promise<unknown>,
];

/** Says how an event that was noted is published. */
export function route<Desc extends DescMessage>(
  schema: Desc,
  publisher: Publisher<MessageInitShape<Desc>>,
): OutboxRoute {
  return [schema.typeName, (payload, id, signal) => {
    const event = fromJsonString(schema, payload) as MessageInitShape<Desc>;
    return publisher.publish(event, { id, signal });
  }];
}

/** Publishes what was noted, in the order in which it was noted. */
export class Outbox implements AsyncDisposable {
  readonly #database: Database;
  readonly #routes: ReadonlyMap<string, OutboxRoute[1]>;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #sweeps: Promise<void>;

  constructor(database: Database, routes: readonly OutboxRoute[], logger: Logger) {
    this.#database = database;
    this.#routes = new Map(routes);
    this.#logger = logger;
    this.#sweeps = this.#sweep();
  }

  /** Publishes what is there. What cannot be published now stays, and is tried again later. */
  async flush(): Promise<void> {
    try {
      while (await this.#publishBatch() === BATCH);
    } catch (error) {
      this.#logger.warn("Cannot publish what the outbox holds: {error}", { error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#sweeps;
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.flush();
      await delay(SWEEP_MS, signal);
    }
  }

  /**
   * A process that dies before the rows are deleted leaves them to be published again: under the
   * same message id, so that the stream keeps one.
   */
  async #publishBatch(): Promise<number> {
    return await this.#database.db.transaction(async (transaction) => {
      // Locked, so that several processes publish one after the other, in order.
      const rows = await transaction.select().from(outbox)
        .orderBy(outbox.sequence).limit(BATCH).for("update");
      const signal = AbortSignal.timeout(PUBLISH_MS);
      for (const { event, payload, messageId } of rows) {
        await this.#routes.get(event)!(payload, messageId, signal);
      }
      if (rows.length > 0) {
        const published = rows.map(({ sequence }) => sequence);
        await transaction.delete(outbox).where(inArray(outbox.sequence, published));
      }
      return rows.length;
    });
  }
}
