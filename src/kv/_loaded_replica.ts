import { type Awaitable, ShizukuError } from "../core/mod.ts";
import { Later } from "./_later.ts";
import type { CreateOptions, DeleteOptions, PurgeOptions } from "./entity.ts";
import type { Entry, Saved } from "./entry.ts";
import type { Changed, ModifyOptions } from "./modify_options.ts";
import type {
  Replica,
  ReplicaChange,
  ReplicaOptions,
  Staleness,
  WaitForOptions,
} from "./replica.ts";

const LEAST = { maxEntries: 1, maxBytes: 1, verifyMs: 100 };

/** Refuses options that are not valid. @throws {ShizukuError} `invalid_argument`. */
export function checkReplica(action: string, options: ReplicaOptions): void {
  for (const [what, least] of Object.entries(LEAST)) {
    const value = options[what as keyof typeof LEAST];
    if (value === undefined || value >= least) continue;
    throw new ShizukuError(
      "invalid_argument",
      `${action} as ${what} must be at least ${least}: current value is ${value}`,
      { stage: "pre" },
    );
  }
}

/** A replica whose code is loaded with the first one. */
export class LoadedReplica<Key, T, Init> implements Replica<Key, T, Init> {
  readonly ready: Promise<void>;
  readonly closed: Promise<Error | undefined>;
  readonly #filter: string;
  readonly #controller = new AbortController();
  readonly #begunAt = performance.now();
  readonly #loading: Promise<Replica<Key, T, Init>>;
  /** There once it is ready, or has ended. */
  #live: Replica<Key, T, Init> | undefined;

  constructor(
    filter: string,
    load: (controller: AbortController) => Promise<Replica<Key, T, Init>>,
  ) {
    this.#filter = filter;
    this.#loading = load(this.#controller);
    this.ready = this.#whenOver((live) => live.ready);
    // Who does not wait for it hears of the end by `closed` or with the next read.
    this.ready.catch(() => {});
    this.closed = this.#whenOver((live) => live.closed).catch((error) => error);
  }

  get size(): number {
    return this.#live?.size ?? 0;
  }

  get revision(): number {
    return this.#live?.revision ?? 0;
  }

  get staleness(): Staleness {
    return this.#live?.staleness ?? { ms: performance.now() - this.#begunAt, isBehind: true };
  }

  get(key: Key): Entry<Key, T> | undefined {
    return (this.#live ?? this.#refuse()).get(key);
  }

  has(key: Key): boolean {
    return (this.#live ?? this.#refuse()).has(key);
  }

  entries(pattern?: Partial<Key>): IterableIterator<Entry<Key, T>> {
    return (this.#live ?? this.#refuse()).entries(pattern);
  }

  keys(pattern?: Partial<Key>): IterableIterator<Key> {
    return (this.#live ?? this.#refuse()).keys(pattern);
  }

  changes(options?: { signal?: AbortSignal }): AsyncIterableIterator<ReplicaChange<Key, T>> {
    return this.#live?.changes(options) ??
      new Later(async () => (await this.#loading).changes(options));
  }

  async waitFor(revision: number, options?: WaitForOptions): Promise<void> {
    await (await this.#loading).waitFor(revision, options);
  }

  async put(key: Key, value: Init): Promise<Saved<Key, T>> {
    return await (await this.#loading).put(key, value);
  }

  async create(key: Key, value: Init, options?: CreateOptions): Promise<Saved<Key, T>> {
    return await (await this.#loading).create(key, value, options);
  }

  async update(saved: Saved<Key, Init>): Promise<Saved<Key, T>> {
    return await (await this.#loading).update(saved);
  }

  async modify(
    key: Key,
    change: (value: T | undefined) => Awaitable<Changed<Init>>,
    options?: ModifyOptions,
  ): Promise<Saved<Key, T> | undefined> {
    return await (await this.#loading).modify(key, change, options);
  }

  async delete(key: Key, options?: DeleteOptions): Promise<void> {
    await (await this.#loading).delete(key, options);
  }

  async purge(key: Key, options?: PurgeOptions): Promise<void> {
    await (await this.#loading).purge(key, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.closed;
  }

  async #whenOver<R>(wait: (live: Replica<Key, T, Init>) => Promise<R>): Promise<R> {
    const live = await this.#loading;
    try {
      return await wait(live);
    } finally {
      this.#live = live;
    }
  }

  #refuse(): never {
    throw new ShizukuError(
      "failed_precondition",
      `Cannot read a replica of ${this.#filter} before it is ready: wait for its \`ready\``,
    );
  }
}
