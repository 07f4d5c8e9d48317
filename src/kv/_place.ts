import type { Border } from "../connection/mod.ts";
import type { OpenedStream } from "./_bucket_stream.ts";

/** A bucket, as those who read and write it need to know it. */
export interface BucketPlace extends OpenedStream {
  /** Sends requests. */
  readonly border: Border;
  /** Its name. */
  readonly name: string;
  /** Subjects of its keys start with this. */
  readonly prefix: string;
  /** Milliseconds to wait for an answer. */
  readonly timeoutMs: number;
}
