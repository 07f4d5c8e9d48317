import type { Connection } from "../connection/mod.ts";
import type { Entity, WatchEvent } from "../kv/mod.ts";
import { manifestsIn, openRegistryBucket, registryBuckets } from "./_registry_buckets.ts";
import type { Manifest } from "./manifest.ts";

/**
 * Options of {@linkcode registry}.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * const manifests = await registry(nc, { namespace: "staging" }).list();
 * ```
 */
export interface RegistryOptions {
  /** Namespace of the application. */
  readonly namespace?: string;
}

/**
 * What happens to the instances of components.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for await (const event of registry(nc).watch({ signal })) {
 *   if (event.type === "ready") break;
 *   console.log(event.type, event.manifest.component);
 * }
 * ```
 */
export type RegistryEvent =
  /** An instance runs. */
  | { readonly type: "appeared"; readonly manifest: Manifest }
  /** An instance says something else of itself than before. */
  | { readonly type: "changed"; readonly manifest: Manifest; readonly before: Manifest }
  /** An instance has stopped, or has not reported for as long as its manifest lives. */
  | { readonly type: "gone"; readonly manifest: Manifest }
  /** All that ran at the beginning have been given. */
  | { readonly type: "ready" };

/**
 * The components that run, as they say themselves. Made by {@linkcode registry}.
 *
 * @example
 * ```ts ignore
 * import { type Registry, registry } from "@shizuku/shizuku/component";
 *
 * const components: Registry = registry(nc);
 * const [manifest] = await components.list();
 * const descriptors = manifest && await components.descriptors(manifest);
 * ```
 */
export interface Registry {
  /** All instances that have reported lately, by component and start. */
  list(): Promise<Manifest[]>;
  /**
   * Gives the instances that run, then `ready`, then every change, until the loop ends or the signal
   * aborts. A lost connection does not end it.
   */
  watch(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<RegistryEvent>;
  /**
   * The descriptors of a component: a `google.protobuf.FileDescriptorSet` with all that is needed to
   * read its RPC, its events and those that it hooks.
   *
   * @returns `undefined` if it has none, or is gone for some time.
   */
  descriptors(manifest: Manifest): Promise<Uint8Array | undefined>;
}

/**
 * Tells which components run on a server, in whichever process.
 *
 * What it needs is made if nobody has run yet; nothing of the components' code is needed.
 *
 * @example
 * ```ts ignore
 * import { registry } from "@shizuku/shizuku/component";
 *
 * for (const { component, version } of await registry(nc).list()) console.log(component, version);
 * for await (const event of registry(nc).watch()) {
 *   if (event.type === "appeared") console.log(`${event.manifest.component} runs`);
 * }
 * ```
 */
export function registry(nc: Connection, { namespace }: RegistryOptions = {}): Registry {
  const buckets = registryBuckets(namespace);
  const open = async () => manifestsIn(await openRegistryBucket(nc, buckets.manifests));
  return {
    async list() {
      const all: Manifest[] = [];
      for await (const { value } of (await open()).entries()) all.push(value);
      return all.sort(byStart);
    },
    async *watch({ signal } = {}) {
      yield* changesOf(await open(), signal);
    },
    async descriptors({ descriptors: hash }) {
      if (hash === undefined) return undefined;
      const bucket = await openRegistryBucket(nc, buckets.descriptors);
      const entry = await bucket.get(hash);
      return entry?.operation === "put" ? entry.value : undefined;
    },
  };
}

function byStart(a: Manifest, b: Manifest): number {
  const order = (manifest: Manifest) => `${manifest.component} ${manifest.startedAt}`;
  return order(a) < order(b) ? -1 : 1;
}

type Key = { component: string; instance: string };

/** Makes changes of what is written anew all the time. */
async function* changesOf(
  manifests: Entity<"{component}.{instance}", Manifest>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RegistryEvent> {
  const known = new KnownManifests();
  for await (const event of manifests.watch({}, { deletes: true, ...(signal && { signal }) })) {
    yield* known.take(event);
  }
}

/** The instances that a watch has seen. */
class KnownManifests {
  readonly #running = new Map<string, Manifest>();
  /** Those that were seen before a reset and not since. */
  readonly #doubtful = new Set<string>();

  *take(event: WatchEvent<Key, Manifest>): Generator<RegistryEvent> {
    switch (event.type) {
      case "entry":
        return yield* this.#put(event.entry.value);
      case "delete":
        return yield* this.#remove(event.entry.key.instance);
      case "reset":
        for (const instance of this.#running.keys()) this.#doubtful.add(instance);
        return;
      case "ready":
        for (const instance of this.#doubtful) yield* this.#remove(instance);
        this.#doubtful.clear();
        yield { type: "ready" };
    }
  }

  *#put(manifest: Manifest): Generator<RegistryEvent> {
    const { instance } = manifest;
    const before = this.#running.get(instance);
    this.#running.set(instance, manifest);
    this.#doubtful.delete(instance);
    if (before === undefined) yield { type: "appeared", manifest };
    else if (JSON.stringify(before) !== JSON.stringify(manifest)) {
      yield { type: "changed", manifest, before };
    }
  }

  *#remove(instance: string): Generator<RegistryEvent> {
    const manifest = this.#running.get(instance);
    this.#running.delete(instance);
    if (manifest !== undefined) yield { type: "gone", manifest };
  }
}
