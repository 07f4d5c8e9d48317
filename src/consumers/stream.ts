import type { StreamConfig, StreamInfo } from "@nats-io/jetstream";
import { type Connection, fromNatsError, requireServer } from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import { apiErrorCode, manager } from "./_jetstream.ts";

/** What a stream is to be. */
export interface StreamOptions {
  /** Name of the stream. */
  name: string;
  /** Subjects that it stores, wildcards allowed. */
  subjects: readonly string[];
  /**
   * When a message may go: `interest` when every consumer has settled it, `limits` only by age and
   * size, `workqueue` when one consumer has.
   * @default {"interest"}
   */
  retention?: "interest" | "limits" | "workqueue";
  /**
   * Where messages are kept.
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
   * How long message ids are remembered to refuse duplicates, in milliseconds.
   * @default {120000}
   */
  dedupeWindowMs?: number;
  /** For people. */
  description?: string;
}

const STREAM_NOT_FOUND = 10059;
const STREAM_NAME_IN_USE = 10058;

/**
 * Creates a stream, or brings one that exists to what is asked for.
 *
 * @throws {ShizukuError} `failed_precondition` if the stream differs in what the server cannot
 * change; the message names the fields, wanted and found.
 * @example
 * ```ts ignore
 * import { ensureStream } from "@shizuku/shizuku/consumers";
 *
 * await ensureStream(nc, { name: "flights", subjects: ["flights.reported.*"] });
 * ```
 */
export async function ensureStream(connection: Connection, options: StreamOptions): Promise<void> {
  const action = `Cannot provide stream ${options.name}`;
  requireServer(connection, action);
  const wanted = toStreamConfig(options);
  const { streams } = await manager(connection);
  try {
    const found = await streams.info(options.name).catch(ignoreNotFound);
    if (found === undefined) await streams.add(wanted).catch(ignoreRace);
    else await update(action, found, wanted, (config) => streams.update(options.name, config));
  } catch (thrown) {
    throw fromNatsError(thrown, action);
  }
}

function toStreamConfig(options: StreamOptions): Partial<StreamConfig> & { name: string } {
  return {
    name: options.name,
    subjects: [...options.subjects],
    retention: options.retention ?? "interest",
    storage: options.storage ?? "file",
    num_replicas: options.replicas ?? 1,
    max_age: (options.maxAgeMs ?? 0) * 1_000_000,
    duplicate_window: (options.dedupeWindowMs ?? 120_000) * 1_000_000,
    ...(options.description !== undefined && { description: options.description }),
  };
}

async function update(
  action: string,
  found: StreamInfo,
  wanted: Partial<StreamConfig>,
  apply: (config: Partial<StreamConfig>) => Promise<unknown>,
): Promise<void> {
  const drift = (Object.keys(wanted) as (keyof StreamConfig)[]).filter((field) =>
    JSON.stringify(found.config[field]) !== JSON.stringify(wanted[field])
  );
  if (drift.length === 0) return;
  const fixed = drift.filter((field) => field === "retention" || field === "storage");
  if (fixed.length > 0) {
    const fields = fixed.map((field) =>
      `${field} must be ${wanted[field]}: current value is ${found.config[field]}`
    );
    throw new ShizukuError("failed_precondition", `${action} as ${fields.join(", ")}`);
  }
  await apply({ ...found.config, ...wanted });
}

function ignoreNotFound(thrown: unknown): undefined {
  if (apiErrorCode(thrown) !== STREAM_NOT_FOUND) throw thrown;
}

/** Another process has just created the stream. Its configuration is the same code's. */
function ignoreRace(thrown: unknown): undefined {
  if (apiErrorCode(thrown) !== STREAM_NAME_IN_USE) throw thrown;
}
