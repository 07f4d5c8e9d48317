import type { JetStreamManager, StreamInfo } from "@nats-io/jetstream";
import {
  apiErrorCode,
  type Connection,
  fromNatsError,
  ignore,
  requireServer,
  STREAM_NAME_IN_USE,
  STREAM_NOT_FOUND,
} from "../connection/mod.ts";
import { ShizukuError } from "../core/mod.ts";
import { manager } from "./_jetstream.ts";
import { keepSchedules } from "./_schedule_keeper.ts";
import {
  checkStreamOptions,
  type Config,
  describeDrift,
  driftOf,
  neededServers,
  newConfig,
  scheduleFilters,
  subjectsOf,
} from "./_stream_config.ts";
import { explainOverlap } from "./_stream_overlap.ts";
import type { StreamOptions } from "./stream_options.ts";

const SUBJECTS_OVERLAP = 10065;

/** Numbers of the API that say that a configuration is refused: it, its replicas or its limits. */
const REFUSED = [10052, 10061, 10074, 10005, 10047, 10028, 10122, 10113, 10123];

/** Does what `ensureStream()` says. */
export async function provideStream(
  connection: Connection,
  options: StreamOptions,
): Promise<void> {
  const action = `Cannot provide stream ${options.name}`;
  requireServer(connection, action);
  for (const [setting, version] of neededServers(options)) {
    requireServer(connection, `${action} with ${setting}`, version);
  }
  checkStreamOptions(action, options);
  const jsm = await manager(connection);
  try {
    const info = await provide(action, jsm, options);
    await keepSchedules(jsm, info, scheduleFilters(options));
  } catch (thrown) {
    if (apiErrorCode(thrown) === SUBJECTS_OVERLAP) {
      throw await explainOverlap(action, jsm, options.name, subjectsOf(options), thrown);
    }
    throw fromNatsError(thrown, action);
  }
}

async function provide(
  action: string,
  jsm: JetStreamManager,
  options: StreamOptions,
): Promise<StreamInfo> {
  const found = await jsm.streams.info(options.name).catch(ignore(STREAM_NOT_FOUND)) ??
    await create(action, jsm, options);
  // Another process may have created it in between, in another form.
  const { changes, refused } = driftOf(found.config, options);
  if (Object.keys(changes).length === 0) return found;
  if (refused.length > 0) throw precondition(`${action} as ${refused.join(", ")}`);
  try {
    return await jsm.streams.update(options.name, { ...found.config, ...changes });
  } catch (thrown) {
    throw explainRefusal(action, found.config, changes, thrown);
  }
}

async function create(
  action: string,
  jsm: JetStreamManager,
  options: StreamOptions,
): Promise<StreamInfo> {
  const config = newConfig(options);
  try {
    return await jsm.streams.add(config);
  } catch (thrown) {
    if (apiErrorCode(thrown) === STREAM_NAME_IN_USE) return await jsm.streams.info(options.name);
    throw explainRefusal(action, undefined, config, thrown);
  }
}

/** Says of what the server refuses which fields were asked for. */
function explainRefusal(
  action: string,
  found: Config | undefined,
  changes: Config,
  thrown: unknown,
): unknown {
  if (!REFUSED.includes(apiErrorCode(thrown) ?? 0)) return thrown;
  const reason = (thrown as Error).message;
  const fields = found === undefined ? [] : (Object.keys(changes) as (keyof Config)[])
    .map((field) => describeDrift(field, found[field], changes[field]));
  return precondition(
    [`${action} as the server refuses it: ${reason}`, ...fields].join("; "),
    thrown,
  );
}

function precondition(message: string, cause?: unknown): ShizukuError {
  return new ShizukuError("failed_precondition", message, { stage: "pre", cause });
}
