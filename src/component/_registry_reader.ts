import type { Connection } from "../connection/mod.ts";
import { json } from "../core/mod.ts";
import { type Bucket, type Entity, entity, type WatchEvent } from "../kv/mod.ts";
import { openRegistryBucket } from "./_open_registry.ts";
import { registryBuckets } from "./_registry_buckets.ts";
import type { Manifest } from "./manifest.ts";
import type { Registry, RegistryEvent } from "./registry.ts";

/** Reads the registry's buckets, each of which is opened when it is asked. */
export function createReader(nc: Connection, namespace: string | undefined): Registry {
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

/** The manifests in their bucket. */
function manifestsIn(bucket: Bucket): Entity<"{component}.{instance}", Manifest> {
  return entity(bucket, { key: "{component}.{instance}", codec: json<Manifest>() });
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
