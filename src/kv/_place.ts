import type { Border } from "../connection/mod.ts";
import type { JetStream } from "./_watch_stream.ts";

/** A bucket, as those who read and write it need to know it. */
export interface BucketPlace {
  /** The clients of its connection. */
  readonly jetStream: JetStream;
  /** Sends requests. */
  readonly border: Border;
  /** Its name. */
  readonly name: string;
  /** Milliseconds to wait for an answer. */
  readonly timeoutMs: number;
}
