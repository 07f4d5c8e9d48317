import type {
  Bucket,
  Election,
  Locks,
  LocksOptions,
  Mutex,
  RwLock,
  Semaphore,
  SemaphoreOptions,
} from "../kv/mod.ts";
import { locksBucket } from "./_place.ts";
import { type ComponentPlace, openOwnBucket } from "./component_kv.ts";

/**
 * Options of a component's own semaphores and elections.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 *
 * export const report = defineComponent({
 *   name: "report",
 *   version: "1.0.0",
 *   setup({ locks }) {
 *     const printers = locks.semaphore(2, { ttlMs: 15_000 });
 *     return { shared: { printers } };
 *   },
 * });
 * ```
 */
export type ComponentLockOptions = Omit<LocksOptions, "prefix" | "signal">;

/**
 * A component's own locks, by name: those of another component are others. They are given back when
 * the component stops.
 *
 * @example
 * ```ts
 * import { defineComponent } from "@shizuku/shizuku/component";
 *
 * export const report = defineComponent({
 *   name: "report",
 *   version: "1.0.0",
 *   setup: ({ locks }) => ({
 *     shared: {
 *       async render(id: string) {
 *         await using _lease = await locks.mutex.acquire(id, { timeoutMs: 500 });
 *       },
 *     },
 *   }),
 * });
 * ```
 */
export interface ComponentLocks {
  /** Read-write locks. */
  readonly rw: RwLock;
  /** Locks that one at a time holds. */
  readonly mutex: Mutex;
  /**
   * Makes semaphores, which up to so many hold at once.
   *
   * @param permits How many, at least 1.
   */
  semaphore(permits: number, options?: ComponentLockOptions): Semaphore;
  /**
   * Takes part in an election.
   *
   * @param name What is to be led.
   */
  election(name: string, options?: ComponentLockOptions): Election;
}

/**
 * Makes a component's locks. All components of a namespace share one bucket, which is opened when
 * the first lock is needed.
 */
export function createComponentLocks(place: ComponentPlace): ComponentLocks & AsyncDisposable {
  return new BucketComponentLocks(place);
}

type Kv = typeof import("./_record_parts.ts");

class BucketComponentLocks implements ComponentLocks, AsyncDisposable {
  readonly rw: RwLock;
  readonly mutex: Mutex;
  readonly #place: ComponentPlace;
  readonly #made: AsyncDisposable[] = [];
  #bucket: Promise<Bucket> | undefined;

  constructor(place: ComponentPlace) {
    this.#place = place;
    this.rw = lazyRwLock(
      this.#later((kv, bucket) => kv.createRwLock(bucket, this.#options("lock"))),
    );
    this.mutex = lazyMutex(
      this.#later((kv, bucket) => kv.createMutex(bucket, this.#options("mutex"))),
    );
  }

  semaphore(permits: number, options: ComponentLockOptions = {}): Semaphore {
    const all: SemaphoreOptions = { ...options, ...this.#options("semaphore"), permits };
    return lazySemaphore(permits, this.#later((kv, bucket) => kv.createSemaphore(bucket, all)));
  }

  election(name: string, options: ComponentLockOptions = {}): Election {
    const all = { ...options, ...this.#options("election") };
    return lazyElection(name, this.#later((kv, bucket) => kv.createElection(bucket, name, all)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#made.map((locks) => locks[Symbol.asyncDispose]()));
  }

  #options(kind: string): { prefix: string } {
    return { prefix: `${kind}.${this.#place.component}` };
  }

  /** Makes something when it is first needed, and gives it back at the end. */
  #later<T extends AsyncDisposable>(make: (kv: Kv, bucket: Bucket) => T): Later<T> {
    const later = new Later(async () =>
      make(await import("./_record_parts.ts"), await this.#open())
    );
    this.#made.push(later);
    return later;
  }

  #open(): Promise<Bucket> {
    const { name, options } = locksBucket(this.#place);
    const open = () => openOwnBucket(this.#place, name, options);
    return this.#bucket ??= open().catch((error) => {
      // The next one who needs a lock tries again.
      this.#bucket = undefined;
      throw error;
    });
  }
}

/** Something that is made when it is first needed. */
class Later<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #make: () => Promise<T>;
  #making: Promise<T> | undefined;
  /** What was made. */
  made: T | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    return this.#making ??= this.#make().then((made) => this.made = made).catch((error) => {
      this.#making = undefined;
      throw error;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What could not be made has nothing to give back.
    const made = await this.#making?.catch(() => undefined);
    await made?.[Symbol.asyncDispose]();
  }
}

function lazyLocks<T extends Locks>(locks: Later<T>): Locks {
  return {
    inspect: async (name) => await (await locks.get()).inspect(name),
    forceRelease: async (name, revision) => await (await locks.get()).forceRelease(name, revision),
    [Symbol.asyncDispose]: () => locks[Symbol.asyncDispose](),
  };
}

function lazyRwLock(locks: Later<RwLock>): RwLock {
  return {
    ...lazyLocks(locks),
    acquire: async (name, options) => await (await locks.get()).acquire(name, options),
    tryAcquire: async (name, options) => await (await locks.get()).tryAcquire(name, options),
    withRead: async (name, run, options) => await (await locks.get()).withRead(name, run, options),
    withWrite: async (name, run, options) =>
      await (await locks.get()).withWrite(name, run, options),
  };
}

function lazyMutex(locks: Later<Mutex>): Mutex {
  return {
    ...lazyLocks(locks),
    acquire: async (name, options) => await (await locks.get()).acquire(name, options),
    tryAcquire: async (name, options) => await (await locks.get()).tryAcquire(name, options),
    withLock: async (name, run, options) => await (await locks.get()).withLock(name, run, options),
  };
}

function lazySemaphore(permits: number, locks: Later<Semaphore>): Semaphore {
  return {
    ...lazyLocks(locks),
    permits,
    acquire: async (name, options) => await (await locks.get()).acquire(name, options),
    tryAcquire: async (name, options) => await (await locks.get()).tryAcquire(name, options),
    withPermit: async (name, run, options) =>
      await (await locks.get()).withPermit(name, run, options),
  };
}

function lazyElection(name: string, election: Later<Election>): Election {
  return {
    name,
    get leadership() {
      return election.made?.leadership;
    },
    campaign: async (options) => await (await election.get()).campaign(options),
    resign: async () => await election.made?.resign(),
    async *observe(options) {
      yield* (await election.get()).observe(options);
    },
    inspect: async () => await (await election.get()).inspect(),
    forceRelease: async (revision) => await (await election.get()).forceRelease(revision),
    [Symbol.asyncDispose]: () => election[Symbol.asyncDispose](),
  };
}
