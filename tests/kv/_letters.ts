import { jetstreamManager } from "@nats-io/jetstream";
import { json } from "../../src/core/mod.ts";
import {
  type Bucket,
  type BucketOptions,
  type Entity,
  entity,
  openBucket,
} from "../../src/kv/mod.ts";
import type { World } from "../_support/world.ts";

type Connection = World["nc"];

/** Makes a connection that comes back soon after its server does. */
export const PATIENT = { maxReconnectAttempts: -1, reconnectTimeWait: 100 } as const;

/** Values under one parameter, in a bucket that is there only for a test. */
export interface Letters {
  readonly bucket: Bucket;
  readonly letters: Entity<"letter.{id}", string>;
}

/** Opens the bucket `letters`. */
export async function openLetters(nc: Connection, options: BucketOptions = {}): Promise<Letters> {
  const bucket = await openBucket(nc, "letters", options);
  return { bucket, letters: entity(bucket, { key: "letter.{id}", codec: json<string>() }) };
}

/** Writes `letter.<from>` to `letter.<to - 1>` the fast way; each value is its id. */
export async function fill(nc: Connection, from: number, to: number): Promise<void> {
  for (let id = from; id < to - 1; id++) {
    nc.publish(`$KV.letters.letter.${id}`, `"${id}"`);
    if (id % 1_000 === 0) await nc.flush();
  }
  // Its acknowledgement says that all before it are stored too.
  await nc.request(`$KV.letters.letter.${to - 1}`, `"${to - 1}"`, { timeout: 30_000 });
}

/** Removes all consumers of the bucket, as an administrator could. */
export async function removeConsumers(nc: Connection): Promise<void> {
  const { consumers } = await jetstreamManager(nc);
  for await (const { name } of consumers.list("KV_letters")) {
    await consumers.delete("KV_letters", name);
  }
}
