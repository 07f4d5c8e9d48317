import type { JsMsg } from "@nats-io/jetstream";
import {
  apiErrorCode,
  borderOf,
  type Connection,
  fromNatsError,
  NO_MESSAGE_FOUND,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { jetstream, manager } from "./_jetstream.ts";
import { redriveHeaders } from "./_letter_headers.ts";
import type { HookNames } from "./_names.ts";
import { purgeSubject } from "./_purge_subject.ts";
import { type DeadLetter, type StoredLetter, storeOnce, toDeadLetter } from "./dead_letter.ts";
import type { DeadLetterFilter, DeadLetterOptions, DeadLetters } from "./dead_letters.ts";

const TIMEOUT_MS = 5_000;
/** How many letters are read at once, and dealt with at once. */
const READ_AHEAD = 256;
const AT_ONCE = 64;
/** How long a reader may be away before the server forgets it. */
const READER_NANOS = 300 * 1_000_000_000;

/** A consumer that reads dead letters. */
interface Reader extends AsyncDisposable {
  readonly name: string;
  readonly pending: number;
}

/** The dead letters of a component. */
export class LetterBox implements DeadLetters {
  readonly #connection: Connection;
  readonly #component: string;
  readonly #names: HookNames;

  constructor(connection: Connection, component: string, names: HookNames) {
    this.#connection = connection;
    this.#component = component;
    this.#names = names;
  }

  async count(filter: DeadLetterFilter = {}): Promise<number> {
    const { code, until } = filter;
    if (Object.values(filter).every((value) => value === undefined)) {
      return await this.#countAll(this.#names.letters);
    }
    if (code === undefined && until === undefined) {
      await using reader = await this.#open(filter);
      return reader?.pending ?? 0;
    }
    let count = 0;
    for await (const _ of this.#stored(filter)) count++;
    return count;
  }

  redriving(): Promise<number> {
    return this.#countAll(this.#names.redrives);
  }

  async *list(
    filter: DeadLetterFilter = {},
    options: DeadLetterOptions = {},
  ): AsyncGenerator<DeadLetter> {
    for await (const stored of this.#stored(filter, options)) yield toDeadLetter(stored);
  }

  async get(sequence: number): Promise<DeadLetter | undefined> {
    const stored = await this.#read(sequence);
    return stored && toDeadLetter(stored);
  }

  redrive(
    which: number | DeadLetterFilter,
    options: DeadLetterOptions = {},
  ): Promise<number> {
    return this.#each(which, options, (stored) => this.#redrive(stored));
  }

  discard(
    which: number | DeadLetterFilter,
    options: DeadLetterOptions = {},
  ): Promise<number> {
    return this.#each(which, options, (stored) => this.#remove(stored));
  }

  /** First the copy, then the removal: the hook removes the letter too before it takes the copy. */
  async #redrive(stored: StoredLetter): Promise<void> {
    const [hook, stream, key] = stored.subject.split(".").slice(-3) as [string, string, string];
    const subject = this.#names.redrive(hook, `${stream}.${key}`);
    const headers = redriveHeaders(stored.header, stored.subject);
    await storeOnce(borderOf(this.#connection), subject, stored.data, headers);
    await this.#remove(stored);
  }

  async #remove({ subject }: StoredLetter): Promise<void> {
    const border = borderOf(this.#connection);
    await purgeSubject(border, this.#names.letters, subject, TIMEOUT_MS);
  }

  async #each(
    which: number | DeadLetterFilter,
    options: DeadLetterOptions,
    handle: (stored: StoredLetter) => Promise<void>,
  ): Promise<number> {
    let count = 0;
    const running = new Set<Promise<void>>();
    const chosen = typeof which === "number" ? this.#one(which) : this.#stored(which, options);
    try {
      for await (const stored of chosen) {
        const done = handle(stored).then(() => {
          count++;
          running.delete(done);
        });
        running.add(done);
        if (running.size >= AT_ONCE) await Promise.race(running);
      }
      await Promise.all(running);
    } catch (thrown) {
      await Promise.allSettled(running);
      throw fromNatsError(thrown, this.#action);
    }
    return count;
  }

  async *#one(sequence: number): AsyncGenerator<StoredLetter> {
    const stored = await this.#read(sequence);
    if (stored !== undefined) yield stored;
  }

  async #read(sequence: number): Promise<StoredLetter | undefined> {
    const { streams } = await manager(this.#connection);
    try {
      return await streams.getMessage(this.#names.letters, { seq: sequence }) ?? undefined;
    } catch (thrown) {
      return this.#ignoreMissing(thrown);
    }
  }

  /** Reads at the pace of whoever reads, up to what there was at the start. */
  async *#stored(
    filter: DeadLetterFilter,
    { signal }: DeadLetterOptions = {},
  ): AsyncGenerator<StoredLetter> {
    await using reader = await this.#open(filter);
    if (reader === undefined) return;
    const { code, until } = filter;
    for await (const message of this.#messages(reader)) {
      if (signal?.aborted) return;
      const stored = toStored(message);
      if (until !== undefined && stored.time >= until) return;
      if (code === undefined || toDeadLetter(stored).code === code) yield stored;
    }
  }

  /** Makes a consumer of its own. One whose removal fails is forgotten by the server. */
  async #open({ hook = "*", since }: DeadLetterFilter): Promise<Reader | undefined> {
    const { consumers } = await manager(this.#connection);
    const { letters } = this.#names;
    const info = await consumers.add(letters, {
      filter_subject: this.#names.letter(hook, ">"),
      ack_policy: "none",
      deliver_policy: since === undefined ? "all" : "by_start_time",
      ...(since !== undefined && { opt_start_time: since.toISOString() }),
      inactive_threshold: READER_NANOS,
      mem_storage: true,
      num_replicas: 1,
    }).catch((thrown) => this.#ignoreMissing(thrown));
    if (info === undefined) return undefined;
    return {
      name: info.name,
      pending: info.num_pending,
      async [Symbol.asyncDispose]() {
        await consumers.delete(letters, info.name).catch(() => {});
      },
    };
  }

  async *#messages({ name, pending }: Reader): AsyncGenerator<JsMsg> {
    if (pending === 0) return;
    const consumer = await jetstream(this.#connection).consumers.get(this.#names.letters, name);
    for (let left = pending; left > 0;) {
      const before = left;
      const batch = await consumer.fetch({
        max_messages: Math.min(left, READ_AHEAD),
        expires: 1_000,
      });
      for await (const message of batch) {
        yield message;
        left = Math.min(left - 1, message.info.pending);
      }
      // Somebody removed what was to come.
      if (left === before) return;
    }
  }

  async #countAll(stream: string): Promise<number> {
    const { streams } = await manager(this.#connection);
    try {
      return (await streams.info(stream)).state.messages;
    } catch (thrown) {
      return this.#ignoreMissing(thrown) ?? 0;
    }
  }

  get #action(): string {
    return `Cannot read the dead letters of ${this.#component}`;
  }

  #ignoreMissing(thrown: unknown): undefined {
    const code = apiErrorCode(thrown);
    if (code === NO_MESSAGE_FOUND || code === STREAM_NOT_FOUND) return undefined;
    throw fromNatsError(thrown, this.#action);
  }
}

function toStored(message: JsMsg): StoredLetter {
  const { seq, subject, headers, data, time } = message;
  return { seq, subject, header: headers!, data, time };
}
