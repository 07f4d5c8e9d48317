import { invalid } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import { Later } from "./_later.ts";
import type { Entry } from "./entry.ts";
import type { Replica, ReplicaChange, ReplicaOptions, Staleness } from "./replica.ts";

const LEAST = { maxEntries: 1, maxBytes: 1, verifyMs: 100 };

/** Refuses options that are not valid. @throws {ShizukuError} `invalid_argument`. */
export function checkReplica(action: string, options: ReplicaOptions): void {
  for (const [what, least] of Object.entries(LEAST)) {
    const value = options[what as keyof typeof LEAST];
    if (value === undefined || value >= least) continue;
    throw invalid(`${action} as ${what} must be at least ${least}: current value is ${value}`);
  }
}

type AsyncName = "waitFor" | "put" | "create" | "update" | "modify" | "delete" | "purge";
type Method<Key, T, Init, Name extends AsyncName> = Replica<Key, T, Init>[Name];

/** A replica whose code is loaded with the first one. */
export class LoadedReplica<Key, T, Init> implements Replica<Key, T, Init> {
  readonly ready: Promise<void>;
  readonly closed: Promise<Error | undefined>;
  readonly waitFor: Method<Key, T, Init, "waitFor"> = this.#whenLoaded("waitFor");
  readonly put: Method<Key, T, Init, "put"> = this.#whenLoaded("put");
  readonly create: Method<Key, T, Init, "create"> = this.#whenLoaded("create");
  readonly update: Method<Key, T, Init, "update"> = this.#whenLoaded("update");
  readonly modify: Method<Key, T, Init, "modify"> = this.#whenLoaded("modify");
  readonly delete: Method<Key, T, Init, "delete"> = this.#whenLoaded("delete");
  readonly purge: Method<Key, T, Init, "purge"> = this.#whenLoaded("purge");
  readonly #filter: string;
  readonly #controller = new AbortController();
  readonly #begunAt = performance.now();
  readonly #loading: Promise<Replica<Key, T, Init>>;
  #live: Replica<Key, T, Init> | undefined;

  constructor(
    filter: string,
    load: (controller: AbortController, refuse: () => never) => Promise<Replica<Key, T, Init>>,
  ) {
    this.#filter = filter;
    this.#loading = load(this.#controller, () => this.#refuse())
      .then((live) => this.#live = live);
    this.ready = this.#loading.then(({ ready }) => ready);
    // Who does not wait for it hears of the end by `closed` or with the next read.
    this.ready.catch(() => {});
    this.closed = this.#loading.then(({ closed }) => closed, (error) => error);
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
    return this.#read.get(key);
  }

  has(key: Key): boolean {
    return this.#read.has(key);
  }

  entries(pattern?: Partial<Key>): IterableIterator<Entry<Key, T>> {
    return this.#read.entries(pattern);
  }

  keys(pattern?: Partial<Key>): IterableIterator<Key> {
    return this.#read.keys(pattern);
  }

  changes(options?: { signal?: AbortSignal }): AsyncIterableIterator<ReplicaChange<Key, T>> {
    return new Later(async () => (await this.#loading).changes(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#controller.abort();
    await this.closed;
  }

  #whenLoaded<Name extends AsyncName>(name: Name): Method<Key, T, Init, Name> {
    const call = async (...args: unknown[]) =>
      await ((await this.#loading)[name] as (...args: unknown[]) => unknown)(...args);
    return call as Method<Key, T, Init, Name>;
  }

  get #read(): Replica<Key, T, Init> {
    return this.#live ?? this.#refuse();
  }

  #refuse(): never {
    throw new ShizukuError(
      "failed_precondition",
      `Cannot read a replica of ${this.#filter} before it is ready: wait for its \`ready\``,
    );
  }
}
