import { randomUUID } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { type LockHolder, withCacheLock } from "./_cache_lock.ts";
import { codeOf, reasonOf } from "./_errors.ts";
import { buildWithGo } from "./_go_build.ts";
import {
  cacheFolder,
  type Environment,
  executableName,
  type Platform,
  releaseTarget,
} from "./_platform.ts";
import { executablesOnPath, probeVersion } from "./_probe.ts";
import { isAtLeast } from "./_semver.ts";
import {
  type NatsServerAttempt,
  NatsServerNotFoundError,
  type NatsServerOrigin,
} from "./nats_server_not_found_error.ts";
import { type OnNatsServerProgress, progressTo } from "./progress.ts";
import { fetchReleaseArchive } from "./release_archive.ts";
import { NATS_SERVER_MINIMUM, NATS_SERVER_VERSION } from "./version.ts";

const TEMPORARY = "tmp-";

/**
 * A nats-server that can be started.
 *
 * @example Searched once, started twice
 * ```ts
 * import { findNatsServer, startNatsServer } from "@shizuku/shizuku/dev";
 *
 * const binary = await findNatsServer();
 * await using first = await startNatsServer({ binary });
 * await using second = await startNatsServer({ binary });
 * console.log(first.port !== second.port); // true
 * ```
 */
export interface NatsServerBinary {
  /** The path of the executable. */
  readonly path: string;
  /** Its version, such as `2.15.2`. */
  readonly version: string;
  /** How it was found. */
  readonly origin: NatsServerOrigin;
}

/**
 * Where to look for a nats-server.
 *
 * @example Only what this machine has
 * ```ts ignore
 * import { findNatsServer } from "@shizuku/shizuku/dev";
 *
 * const { path } = await findNatsServer({ offline: true, cacheDir: "vendor/nats", signal });
 * ```
 */
export interface FindNatsServerOptions {
  /**
   * The environment variables to go by: `NATS_SERVER`, `PATH`, `NATS_CACHE`, `XDG_CACHE_HOME`,
   * `NATS_SERVER_RELEASES`, and those that Go needs. @default {process.env}
   */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that keeps fetched binaries. Default: `NATS_CACHE`, or the user's cache folder. */
  readonly cacheDir?: string;
  /** Base address of the releases. Default: `NATS_SERVER_RELEASES`, or the official one. */
  readonly releases?: string;
  /** Uses only what this machine has: neither downloads nor builds. @default {false} */
  readonly offline?: boolean;
  /** Milliseconds in which the host of the releases must answer. @default {8000} */
  readonly connectTimeoutMs?: number;
  /** Ends the search with its reason. */
  readonly signal?: AbortSignal;
  /** Hears of every step. Default: lines on standard error. */
  readonly onProgress?: OnNatsServerProgress;
}

/**
 * Finds a nats-server, and fetches one if need be.
 *
 * The ways, in order: the path in `NATS_SERVER`; `nats-server` on `PATH`, passed over if it is too
 * old; the cache; the official release, checked against its `SHA256SUMS`; `go install` of the same
 * version. What the last two bring stays in the cache. Several processes may search at once: one
 * fetches, the others wait for it.
 *
 * @throws {NatsServerNotFoundError} If no way leads to one, or `NATS_SERVER` names one that is
 * missing or older than {@linkcode NATS_SERVER_MINIMUM}.
 * @example
 * ```ts
 * import { findNatsServer } from "@shizuku/shizuku/dev";
 *
 * const { path, version } = await findNatsServer();
 * console.log(`${path} is nats-server ${version}`);
 * ```
 */
export async function findNatsServer(
  options: FindNatsServerOptions = {},
): Promise<NatsServerBinary> {
  const search = toSearch(options);
  const attempts: NatsServerAttempt[] = [];
  const here = await firstOf([fromEnvironment, fromPath, fromCache], search, attempts);
  if (here) return here;
  if (search.offline) throw new NatsServerNotFoundError(attempts);
  try {
    const fetched = await withCacheLock(search.cacheDir, () => fetchInto(search, attempts), {
      signal: search.signal,
      onWait: (holder) => search.onProgress({ phase: "wait", message: waitMessage(holder) }),
    });
    if (fetched) return fetched;
  } catch (error) {
    search.signal?.throwIfAborted();
    attempts.push({ origin: "cache", outcome: `${search.cacheDir}: ${reasonOf(error)}` });
  }
  throw new NatsServerNotFoundError(attempts);
}

/** The options with every default in its place. */
interface Search {
  readonly env: Environment;
  readonly platform: Platform;
  readonly cacheDir: string;
  readonly releases: string | undefined;
  readonly offline: boolean;
  readonly connectTimeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: OnNatsServerProgress;
}

type Way = (search: Search) => Promise<NatsServerBinary | NatsServerAttempt>;

function toSearch(options: FindNatsServerOptions): Search {
  const env = options.env ?? process.env;
  const platform = { os: process.platform, arch: process.arch };
  return {
    env,
    platform,
    cacheDir: options.cacheDir ?? cacheFolder(env, platform),
    releases: options.releases ?? (env.NATS_SERVER_RELEASES || undefined),
    offline: options.offline ?? false,
    connectTimeoutMs: options.connectTimeoutMs,
    signal: options.signal,
    onProgress: options.onProgress ?? progressTo(),
  };
}

/** Walks the ways in order, and notes what happened on those that led nowhere. */
async function firstOf(
  ways: readonly Way[],
  search: Search,
  attempts: NatsServerAttempt[],
): Promise<NatsServerBinary | undefined> {
  for (const way of ways) {
    search.signal?.throwIfAborted();
    const result = await way(search);
    if ("path" in result) return result;
    attempts.push(result);
  }
  return undefined;
}

async function fromEnvironment({ env }: Search): Promise<NatsServerBinary | NatsServerAttempt> {
  const path = env.NATS_SERVER;
  if (!path) return { origin: "env", outcome: "not set" };
  const result = await judge(path, "env");
  // Whoever names a server wants that one: another in its place would hide the mistake.
  if ("outcome" in result) throw new NatsServerNotFoundError([result]);
  return result;
}

async function fromPath(search: Search): Promise<NatsServerBinary | NatsServerAttempt> {
  const outcomes: string[] = [];
  for (const path of await executablesOnPath("nats-server", search.env, search.platform)) {
    const result = await judge(path, "path");
    if ("path" in result) return result;
    search.onProgress({ phase: "search", message: `passing over ${result.outcome}` });
    outcomes.push(result.outcome);
  }
  return { origin: "path", outcome: outcomes.join("; ") || "none there" };
}

async function fromCache(search: Search): Promise<NatsServerBinary | NatsServerAttempt> {
  return await judge(cachedPath(search), "cache");
}

async function fromRelease(search: Search): Promise<NatsServerBinary | NatsServerAttempt> {
  const { platform, releases, connectTimeoutMs, signal, onProgress } = search;
  return await putIntoCache("release", search, async (_folder, file) => {
    const target = releaseTarget(platform);
    const version = NATS_SERVER_VERSION;
    const bytes = await fetchReleaseArchive({
      version,
      target,
      releases,
      connectTimeoutMs,
      signal,
      onProgress,
    });
    await writeFile(file, bytes);
  });
}

async function fromGo(search: Search): Promise<NatsServerBinary | NatsServerAttempt> {
  const { env, platform, signal, onProgress } = search;
  const [go] = await executablesOnPath("go", env, platform);
  if (!go) return { origin: "go", outcome: "there is no go on PATH" };
  return await putIntoCache("go", search, async (folder) => {
    await buildWithGo({ go, version: NATS_SERVER_VERSION, folder, env, signal, onProgress });
  });
}

/** Fetches under the lock, after a second look: another process may have been faster. */
async function fetchInto(
  search: Search,
  attempts: NatsServerAttempt[],
): Promise<NatsServerBinary | undefined> {
  const cached = await fromCache(search);
  if ("path" in cached) return cached;
  await removeTemporary(search.cacheDir);
  return await firstOf([fromRelease, fromGo], search, attempts);
}

/** Lets `make` put an executable into a folder of its own, tries it, and renames it into place. */
async function putIntoCache(
  origin: NatsServerOrigin,
  search: Search,
  make: (folder: string, file: string) => Promise<void>,
): Promise<NatsServerBinary | NatsServerAttempt> {
  const folder = join(search.cacheDir, `${TEMPORARY}${randomUUID()}`);
  const file = join(folder, executableName(search.platform));
  try {
    await mkdir(folder);
    await make(folder, file);
    await chmod(file, 0o755);
    const result = await judge(file, origin);
    if ("outcome" in result) return result;
    const path = cachedPath(search);
    await rename(file, path);
    return { ...result, path };
  } catch (error) {
    search.signal?.throwIfAborted();
    search.onProgress({ phase: "search", message: reasonOf(error) });
    return { origin, outcome: reasonOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tries an executable: it has to run and to be new enough. */
async function judge(
  path: string,
  origin: NatsServerOrigin,
): Promise<NatsServerBinary | NatsServerAttempt> {
  try {
    const version = await probeVersion(path);
    if (isAtLeast(version, NATS_SERVER_MINIMUM)) return { path, version, origin };
    return { origin, outcome: `${path} is ${version}, older than ${NATS_SERVER_MINIMUM}` };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { origin, outcome: `${path} does not exist` };
    return { origin, outcome: `${path} cannot be run: ${reasonOf(error)}` };
  }
}

/** Only the holder of the lock makes such folders, so all that it meets are of dead processes. */
async function removeTemporary(cacheDir: string): Promise<void> {
  const names = (await readdir(cacheDir)).filter((name) => name.startsWith(TEMPORARY));
  // A build that outlives its parent may still write there: what stays is for the next one.
  await Promise.allSettled(
    names.map((name) => rm(join(cacheDir, name), { recursive: true, force: true })),
  );
}

function cachedPath({ cacheDir, platform }: Search): string {
  const suffix = platform.os === "win32" ? ".exe" : "";
  return join(
    cacheDir,
    `nats-server-v${NATS_SERVER_VERSION}-${releaseTarget(platform)}${suffix}`,
  );
}

function waitMessage(holder: LockHolder | undefined): string {
  return `waiting for process ${holder?.pid ?? "unknown"}, which is fetching nats-server`;
}
