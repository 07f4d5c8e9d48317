import { ShizukuError } from "../core/mod.ts";
import { BatchItems } from "./_batch_items.ts";
import { split } from "./_bucket_watch.ts";
import type { EntityView } from "./_entity_view.ts";
import { LiveReplica, type ReplicaSettings } from "./_live_replica.ts";
import type { Bucket, BucketBatch, BucketEntry } from "./bucket.ts";
import type { Deletion, Entry, WatchEvent, WatchOptions } from "./entry.ts";

/** Reads many values at once. */
export async function getEntries<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  keys: readonly Key[],
): Promise<(Entry<Key, T> | undefined)[]> {
  const found = await view.bucket.getMany(keys.map((key) => view.template.format(key)));
  return found.map((entry, index) => view.present(keys[index]!, entry));
}

/** Reads all revisions of a key, the oldest first. */
export async function readEntries<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  key: Key,
): Promise<(Entry<Key, T> | Deletion<Key>)[]> {
  const found = await view.bucket.history(view.template.format(key));
  return found.map((entry) => view.present(key, entry) ?? deletionOf(key, entry));
}

/** Gives the keys that match. */
export function listKeys<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  filter: string,
): AsyncIterator<Key> {
  return list(view, filter, true, (key) => key);
}

/** Gives the values whose keys match. */
export function listEntries<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  filter: string,
): AsyncIterator<Entry<Key, T>> {
  return list(view, filter, false, (key, found) => view.toEntry(key, found));
}

/** Counts the values whose keys match. */
export async function countKeys<Key, T, Init>(
  { bucket, template }: EntityView<Key, T, Init>,
  filter: string,
): Promise<number> {
  let count = 0;
  const { signal } = new AbortController();
  for await (const { items } of snapshot(bucket, filter, true, signal)) {
    for (const { operation, key } of items) {
      if (operation === "put" && template.match(key) !== undefined) count++;
    }
  }
  return count;
}

/** Gives what is there, then `ready`, then every change. */
export function watchEntries<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  filter: string,
  { signal, deletes = false, from }: WatchOptions,
): AsyncIterator<WatchEvent<Key, T>> {
  const { bucket, template } = view;
  return new BatchItems({
    signal,
    start: (signal) =>
      bucket.watch(filter, { signal, ...(from !== undefined && { from }) }).batches(),
    split,
    toItem: (raw) => {
      if (typeof raw === "string") return { type: raw };
      if (!deletes && raw.operation !== "put") return undefined;
      const key = template.match(raw.key);
      return key === undefined ? undefined : eventOf(view, key, raw);
    },
  });
}

/** Begins to keep a live copy. */
export function openReplica<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  settings: ReplicaSettings,
): LiveReplica<Key, T, Init> {
  return new LiveReplica(view, (key, found) => eventOf(view, key, found), settings);
}

function list<Key, T, Init, Item>(
  { bucket, template }: EntityView<Key, T, Init>,
  filter: string,
  keysOnly: boolean,
  toItem: (key: Key, found: BucketEntry) => Item,
): AsyncIterator<Item> {
  return new BatchItems({
    signal: undefined,
    start: (signal) => snapshot(bucket, filter, keysOnly, signal),
    split: ({ items }) => items,
    toItem: (found) => {
      if (found.operation !== "put") return undefined;
      const key = template.match(found.key);
      return key === undefined ? undefined : toItem(key, found);
    },
  });
}

function eventOf<Key, T, Init>(
  view: EntityView<Key, T, Init>,
  key: Key,
  found: BucketEntry,
): WatchEvent<Key, T> {
  if (found.operation !== "put") return { type: "delete", entry: deletionOf(key, found) };
  try {
    return { type: "entry", entry: view.toEntry(key, found) };
  } catch (error) {
    return { type: "error", key, revision: found.revision, error: error as Error };
  }
}

function deletionOf<Key>(
  key: Key,
  { revision, created, operation, delta }: BucketEntry,
): Deletion<Key> {
  return { key, revision, created, operation: operation as Deletion<Key>["operation"], delta };
}

/** What matches, until all has been given that there was. */
async function* snapshot(
  bucket: Bucket,
  filter: string,
  keysOnly: boolean,
  signal: AbortSignal,
): AsyncGenerator<BucketBatch> {
  let hasGiven = false;
  for await (const batch of bucket.watch(filter, { keysOnly, signal }).batches()) {
    if (batch.isReset && hasGiven) {
      throw new ShizukuError(
        "aborted",
        `Cannot list ${filter}: the bucket was made anew, or has lost revisions, in the meantime`,
      );
    }
    yield batch;
    if (batch.isReady) return;
    hasGiven ||= batch.items.length > 0;
  }
}
