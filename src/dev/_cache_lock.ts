import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "./_errors.ts";

const HEARTBEAT_MS = 2_000;
const STALE_MS = 15_000;
const RETRY_MS = 200;
const UNWRITTEN_MS = 1_000;
const UNWRITTEN_RETRY_MS = 10;

/** Who holds the lock of a cache folder. */
export interface LockHolder {
  /** Its process id. */
  readonly pid: number;
  /** Its machine or container. */
  readonly host: string;
  /** Tells two locks of one process apart. */
  readonly token: string;
}

/** What is known of a lock file that is in the way. */
export interface LockSighting {
  /** Who wrote it; undefined while it is being written. */
  readonly holder: LockHolder | undefined;
  /** Milliseconds since its holder last touched it. */
  readonly ageMs: number;
}

/** How to wait for the lock. */
export interface CacheLockOptions {
  /** Ends the wait with its reason. */
  readonly signal?: AbortSignal;
  /** Is called once if another holder has to be waited for. */
  readonly onWait?: (holder: LockHolder | undefined) => void;
}

/**
 * Runs a function while this process alone may write into a cache folder.
 *
 * The holder touches the lock file every 2 seconds; one that is untouched for 15 seconds, or whose
 * process on this machine is gone, is taken over. Should two take over at the same moment, both
 * fetch, and the atomic rename at the end of a fetch still keeps the cache whole.
 */
export async function withCacheLock<T>(
  folder: string,
  run: () => Promise<T>,
  options: CacheLockOptions = {},
): Promise<T> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "nats-server.lock");
  const token = await acquire(path, options);
  // A failing touch only makes the lock look stale, which the rename at the end allows for.
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await run();
  } finally {
    clearInterval(heartbeat);
    await removeIfOf(path, token);
  }
}

async function acquire(path: string, { signal, onWait }: CacheLockOptions): Promise<string> {
  const token = randomUUID();
  let waited = false;
  while (true) {
    signal?.throwIfAborted();
    if (await createLock(path, { pid: process.pid, host: hostname(), token })) return token;
    const sighting = await sight(path);
    if (!sighting) continue;
    if (isStale(sighting, { host: hostname(), isAlive })) {
      await removeIfOf(path, sighting.holder?.token);
      continue;
    }
    if (sighting.holder === undefined && sighting.ageMs < UNWRITTEN_MS) {
      // It has just been created, and says in a moment whose it is.
      await sleep(UNWRITTEN_RETRY_MS);
      continue;
    }
    if (!waited) onWait?.(sighting.holder);
    waited = true;
    await sleep(RETRY_MS);
  }
}

/** Says whether nobody can be holding a lock any more. */
export function isStale(
  { holder, ageMs }: LockSighting,
  here: { readonly host: string; readonly isAlive: (pid: number) => boolean },
): boolean {
  // A process id means nothing in another container, which may share the folder as a volume.
  if (holder?.host === here.host && !here.isAlive(holder.pid)) return true;
  return ageMs > STALE_MS;
}

async function createLock(path: string, holder: LockHolder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

async function sight(path: string): Promise<LockSighting | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
    return { holder: parseHolder(text), ageMs: Date.now() - mtimeMs };
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parseHolder(text: string): LockHolder | undefined {
  try {
    return JSON.parse(text) as LockHolder;
  } catch {
    // Its holder has created it and not yet written it, or died in between.
    return undefined;
  }
}

async function removeIfOf(path: string, token: string | undefined): Promise<void> {
  const sighting = await sight(path);
  if (sighting && sighting.holder?.token === token) await rm(path, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}
