import type { KeyTemplate } from "./_key_template.ts";
import type { Bucket, BucketEntry } from "./bucket.ts";
import type { Entry } from "./entry.ts";
import type { Replica } from "./replica.ts";

/** The writing operations of an entity. */
export type Writer<Key, T, Init> = Pick<
  Replica<Key, T, Init>,
  "put" | "create" | "update" | "modify" | "delete" | "purge"
>;

/** An entity, as its parts need to know it. */
export interface EntityView<Key, T, Init> {
  /** The bucket. */
  readonly bucket: Bucket;
  /** Its keys. */
  readonly template: KeyTemplate<Key>;
  /** Reads a value. @throws {ShizukuError} `data_loss` if it cannot be decoded. */
  toEntry(key: Key, found: BucketEntry): Entry<Key, T>;
  /** The same, of an entry that may be none of a value. */
  present(key: Key, found: BucketEntry | undefined): Entry<Key, T> | undefined;
  /** The same entity over another bucket. */
  over(bucket: Bucket): Writer<Key, T, Init>;
}
