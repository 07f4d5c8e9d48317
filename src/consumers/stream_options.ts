import type { EventDefinition } from "./event.ts";

/**
 * Where in a cluster a stream may live.
 *
 * @example
 * ```ts ignore
 * import { ensureStream } from "@shizuku/shizuku/consumers";
 *
 * await ensureStream(nc, {
 *   name: "flights",
 *   events: [flightReported],
 *   replicas: 3,
 *   placement: { cluster: "east", tags: ["ssd"] },
 * });
 * ```
 */
export interface StreamPlacement {
  /** Name of the cluster. */
  cluster?: string;
  /** Tags that its servers must have. */
  tags?: readonly string[];
}

/**
 * What of a stream can be chosen. Whatever is left out has its default when the stream is created,
 * and stays as it is when the stream exists.
 *
 * @example For all streams of an application
 * ```ts ignore
 * import { createApp } from "@shizuku/shizuku/component";
 *
 * createApp({ nc, components, stream: { replicas: 3, maxAgeMs: 7 * 86_400_000 } });
 * ```
 */
export interface StreamSettings {
  /** For people. */
  description?: string;
  /**
   * When a message may go: `interest` when every consumer has settled it, `limits` only by age and
   * size, `workqueue` when one consumer has. Cannot be changed.
   * @default {"interest"}
   */
  retention?: "interest" | "limits" | "workqueue";
  /**
   * Where messages are kept. Cannot be changed.
   * @default {"file"}
   */
  storage?: "file" | "memory";
  /**
   * Copies in a cluster, 1 to 5.
   * @default {1}
   */
  replicas?: number;
  /**
   * Greatest age of a message, in milliseconds; 0 for no limit.
   * @default {0}
   */
  maxAgeMs?: number;
  /**
   * Greatest size of all messages, in bytes; 0 for no limit.
   * @default {0}
   */
  maxBytes?: number;
  /**
   * Greatest number of messages; 0 for no limit.
   * @default {0}
   */
  maxMessages?: number;
  /**
   * Greatest number of messages of one subject; 0 for no limit.
   * @default {0}
   */
  maxMessagesPerSubject?: number;
  /**
   * Greatest size of one message with its headers, in bytes; 0 for no limit but the server's.
   * @default {0}
   */
  maxMessageBytes?: number;
  /**
   * What gives way at a limit: `old` messages, or the `new` one, which is refused.
   * @default {"old"}
   */
  discard?: "old" | "new";
  /**
   * With `discard: "new"`, whether `maxMessagesPerSubject` refuses too.
   * @default {false}
   */
  discardNewPerSubject?: boolean;
  /**
   * How long message ids are remembered to refuse duplicates, in milliseconds, from 100.
   * @default {120000}
   */
  dedupeWindowMs?: number;
  /**
   * How files are compressed.
   * @default {"none"}
   */
  compression?: "none" | "s2";
  /** Where in a cluster it may live. */
  placement?: StreamPlacement;
  /**
   * Whether every replica may answer reads, with what may be old.
   * @default {false}
   */
  allowDirect?: boolean;
  /**
   * Whether messages may bring their own time to live: `ttlMs`. Cannot be turned off.
   * @default {false}
   */
  allowTtl?: boolean;
  /**
   * Whether batches may be stored as a whole: `publishBatch()`. Needs nats-server 2.12.1.
   * @default {false}
   */
  allowAtomic?: boolean;
  /**
   * Whether messages may be stored later: `schedule()`. Adds a subject of its own for each subject,
   * `schedule.` before it. Needs nats-server 2.12, and cannot be turned off.
   * @default {false}
   */
  allowSchedules?: boolean;
  /**
   * Whether every message adds to the counter that its subject is. Needs nats-server 2.12, and
   * cannot be changed.
   * @default {false}
   */
  allowCounter?: boolean;
  /**
   * Whether many messages may come without an acknowledgement for each: `ingest()`. Needs
   * nats-server 2.14.
   * @default {false}
   */
  allowBatched?: boolean;
}

/**
 * What a stream is to be.
 *
 * @example
 * ```ts ignore
 * import { ensureStream } from "@shizuku/shizuku/consumers";
 *
 * await ensureStream(nc, {
 *   name: "flights",
 *   events: [flightReported],
 *   subjects: ["legacy.flights.>"],
 *   retention: "limits",
 *   maxAgeMs: 86_400_000,
 * });
 * ```
 */
export interface StreamOptions extends StreamSettings {
  /** Name of the stream. */
  name: string;
  /** Subjects that it stores, wildcards allowed. */
  subjects?: readonly string[];
  /** Events that it stores, beside the subjects. */
  // deno-lint-ignore no-explicit-any -- an event both reads and writes its type: only `any` fits all
  events?: readonly EventDefinition<any, any>[];
  /** Namespace of the application, before the subjects of `events`. */
  namespace?: string;
}
