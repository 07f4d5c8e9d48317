import type { EventDefinition } from "../consumers/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import type { EventLog } from "./_event_log.ts";
import { listMessages } from "./_list_messages.ts";

/**
 * Which of an event's messages are meant, and for how long they are awaited.
 *
 * @example Of ticket 7, within a second
 * ```ts ignore
 * const closed = await app.published(ticketClosed, {
 *   where: ({ ticketId }) => ticketId === "7",
 *   timeoutMs: 1_000,
 * });
 * ```
 */
export interface PublishedOptions<T> {
  /** Tells which count. By default all do. */
  readonly where?: (event: T) => boolean;
  /**
   * How long to wait for each of them, in milliseconds.
   * @default {5000}
   */
  readonly timeoutMs?: number;
}

/**
 * What was published of one event, and stored, since the application started. Awaited, it is the
 * first; in a `for await` loop it is each, in order, and those that follow.
 *
 * @example The first, all, or each as it comes
 * ```ts ignore
 * const published = app.published(ticketCreated);
 * console.log((await published).ticketId, (await published.all()).length);
 * for await (const { ticketId } of published) if (ticketId === "7") break;
 * ```
 */
export interface Published<T> extends Promise<T>, AsyncIterable<T> {
  /** Those that are stored by now, in order; for what must not have happened, too. */
  all(): Promise<T[]>;
}

/** An event, whatever may be given for it. */
// deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
export type AnyEvent<T = any> = EventDefinition<T, any>;

/** Where {@linkcode PublishedEvents} reads. */
export interface PublishedSource {
  /** What was stored. */
  readonly log: EventLog;
  /** Events of the application, to name what else was stored. */
  readonly events: readonly AnyEvent[];
  /** Waits until the log holds all that is stored. */
  caughtUp(): Promise<void>;
}

/** One event in the log of what was stored. Reads nothing until somebody asks. */
export class PublishedEvents<T> implements Published<T> {
  readonly [Symbol.toStringTag] = "Published";
  readonly #source: PublishedSource;
  readonly #event: AnyEvent<T>;
  readonly #where: (event: T) => boolean;
  readonly #timeoutMs: number;
  #first: Promise<T> | undefined;

  constructor(source: PublishedSource, event: AnyEvent<T>, options: PublishedOptions<T>) {
    const { where = () => true, timeoutMs = 5_000 } = options;
    this.#source = source;
    this.#event = event;
    this.#where = where;
    this.#timeoutMs = timeoutMs;
  }

  then<A = T, B = never>(
    fulfilled?: ((event: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return (this.#first ??= this.#readFirst()).then(fulfilled, rejected);
  }

  catch<B = never>(rejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, rejected);
  }

  finally(run?: (() => void) | null): Promise<T> {
    return this.then().finally(run);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let from = 0;;) {
      const found = await this.#next(from);
      if (found === undefined) return;
      yield found.event;
      from = found.index + 1;
    }
  }

  async all(): Promise<T[]> {
    await this.#source.caughtUp();
    const all: T[] = [];
    for (let found = this.#find(0); found !== undefined; found = this.#find(found.index + 1)) {
      all.push(found.event);
    }
    return all;
  }

  async #readFirst(): Promise<T> {
    for await (const event of this) return event;
    throw new ShizukuError(
      "unavailable",
      `Cannot wait for event ${this.#event.typeName} as the application must run: it has stopped`,
    );
  }

  /** The next one that counts; undefined if nothing more comes. */
  async #next(from: number): Promise<{ event: T; index: number } | undefined> {
    const { log } = this.#source;
    const end = performance.now() + this.#timeoutMs;
    for (let index = from;;) {
      const found = this.#find(index);
      if (found !== undefined || log.closed) return found;
      index = log.messages.length;
      if (performance.now() >= end) throw this.#missing();
      await log.grown(index, end - performance.now());
    }
  }

  #find(from: number): { event: T; index: number } | undefined {
    const { messages } = this.#source.log;
    for (let index = from; index < messages.length; index++) {
      const { subject, data } = messages[index]!;
      if (this.#event.subject.match(subject) === undefined) continue;
      const event = this.#event.codec.decode(data);
      if (this.#where(event)) return { event, index };
    }
  }

  #missing(): ShizukuError {
    const { log, events } = this.#source;
    const { typeName, subject } = this.#event;
    return new ShizukuError(
      "deadline_exceeded",
      `Cannot find event ${typeName} on ${subject.template} within ${this.#timeoutMs} ms: ` +
        `published were${listMessages(log.messages, events)}`,
    );
  }
}
