import type { StreamInfo } from "@nats-io/jetstream";
import type { DirectReads } from "./_direct_reads.ts";
import type { subscribe } from "./_pushes.ts";
import type { SoleServer } from "./_sole_server.ts";
import type { JetStream } from "./_watch_stream.ts";
import type { Bucket } from "./bucket.ts";

/** What is behind a bucket, for who speaks to its stream directly. */
export interface BucketStream {
  /** The clients of its connection. */
  readonly jetStream: JetStream;
  /** What the server said of its stream when it was opened. */
  readonly info: StreamInfo;
  /** Whether one server on its own keeps it. */
  readonly sole: SoleServer;
}

/** What is behind a bucket that was just opened. */
export interface OpenedStream extends BucketStream {
  /** What is needed when something goes wrong: there may be no network then to load it by. */
  readonly troubles: typeof import("./_troubles.ts");
  /** Reads directly, where that is asked for or as good as asking the leader. */
  readonly DirectReads: typeof DirectReads | undefined;
  /** Loads it, for a read that asks for it. */
  loadDirectParts(): Promise<typeof import("./_direct_parts.ts")>;
  /** Whether the server pushes commits. */
  readonly isPushed: boolean;
  /** Hears of them, or refuses to. */
  readonly subscribe: typeof subscribe;
}

const streams = /* @__PURE__ */ new WeakMap<Bucket, BucketStream>();

/** Remembers what is behind a bucket. */
export function rememberStream<B extends Bucket>(bucket: B, stream: BucketStream): B {
  streams.set(bucket, stream);
  return bucket;
}

/** What is behind a bucket; nothing if `openBucket()` did not make it. */
export function streamOf(bucket: Bucket): BucketStream | undefined {
  return streams.get(bucket);
}
