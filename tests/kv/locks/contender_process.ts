/**
 * One contender for a lock: `contender_process.ts OPTIONS`, a JSON text of `ContenderOptions`.
 *
 * It asks for the lock, holds it for a moment and gives it back, again and again, until SIGTERM, and
 * notes what happens in a file.
 *
 * @module
 */
import process from "node:process";
import {
  type Bucket,
  createRwLock,
  type LockHandle,
  openBucket,
  type RwLock,
} from "../../../src/kv/mod.ts";
import { connect } from "../../../src/transport/node.ts";
import { sharedNow } from "./_clock.ts";
import type { ContenderOptions } from "./_contender.ts";
import { HistoryLog, round } from "./_history.ts";

const options: ContenderOptions = JSON.parse(process.argv[2]!);
const me = `${options.index}.${options.incarnation}`;
const { random } = Math;
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const stop = new AbortController();
/** How often to look whether everything is in time. */
const WATCH_MS = 100;
/** Enough for a request to be on its way, also on a busy machine. */
const LAST_ACT_MS = 300;

using log = new HistoryLog(options.log);

process.on("SIGTERM", () => stop.abort());
const nc = await connect({
  servers: [...options.servers],
  reconnectTimeWait: 100,
  maxReconnectAttempts: -1,
  waitOnFirstConnect: true,
});
const bucket = await openPatiently();
const sessions = openSessions();
console.log("ready");
await new Promise((resolve) => process.stdin.once("data", resolve));
distortClocks();
let requests = 0;
const watched = watch();
await Promise.all(
  Array.from(
    { length: options.workers },
    (_, index) => contend(sessions[index % sessions.length]!),
  ),
);
await closeSessions(sessions);
// Those who always give up do so once more, when all others have ended, and are gone before what they
// have asked for arrives. Their sessions are new: none knows of anything that it could take back.
if (options.abortShare === 1) {
  await wait(LAST_ACT_MS);
  const late = openSessions();
  await Promise.all(late.map(giveUpWhatIsAsked));
  await closeSessions(late);
}
await watched;
log.note("ended", me);
await nc.close();

function openSessions(): RwLock[] {
  return Array.from(
    { length: options.hasOwnSessions ? options.workers : 1 },
    () => createRwLock(bucket, { ttlMs: options.ttlMs, process: `contender ${me}` }),
  );
}

async function closeSessions(sessions: readonly RwLock[]): Promise<void> {
  await Promise.all(sessions.map((locks) => locks[Symbol.asyncDispose]()));
}

/** A cluster may have no leader just now. */
async function openPatiently(): Promise<Bucket> {
  for (let tries = 1;; tries++) {
    try {
      return await openBucket(nc, "locks");
    } catch (error) {
      if (tries === 10) throw error;
    }
    await wait(200);
  }
}

async function contend(locks: RwLock): Promise<void> {
  while (!stop.signal.aborted) {
    const id = `${me}.${++requests}`;
    const mode = random() < options.readShare ? "read" : "write";
    const signal = random() < options.abortShare
      ? AbortSignal.any([stop.signal, AbortSignal.timeout(1 + Math.floor(random() * 30))])
      : stop.signal;
    log.note("invoke", id, mode);
    let handle: LockHandle;
    try {
      handle = await locks.acquire("contended", { mode, signal });
    } catch (error) {
      log.note("canceled", id, String((error as { code?: unknown }).code ?? error));
      await think();
      continue;
    }
    await hold(id, handle);
    await think();
  }
}

/** Until the next request, or the end. */
function think(): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      stop.signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, random() * options.thinkMs);
    if (stop.signal.aborted) finish();
    else stop.signal.addEventListener("abort", finish);
  });
}

async function giveUpWhatIsAsked(locks: RwLock): Promise<void> {
  const id = `${me}.${++requests}`;
  log.note("invoke", id, "write");
  try {
    await hold(id, await locks.acquire("contended", { signal: AbortSignal.timeout(LAST_ACT_MS) }));
  } catch (error) {
    log.note("canceled", id, String((error as { code?: unknown }).code ?? error));
  }
}

async function hold(id: string, handle: LockHandle): Promise<void> {
  let lastValid = 0;
  try {
    // The time is taken before the look at the lease, so that it was believed in at that time.
    lastValid = sharedNow();
    log.noteAt("granted", id, lastValid, Number(handle.fence));
    const isLong = random() < 0.01;
    const until = lastValid + (isLong ? options.longHoldMs : random() * options.holdMs);
    for (let noted = lastValid; lastValid < until && !stop.signal.aborted;) {
      await wait(Math.min(10, until - lastValid));
      const at = sharedNow();
      handle.assertHeld();
      lastValid = at;
      if (at - noted < 20) continue;
      noted = at;
      log.noteAt("valid", id, at);
    }
    await handle.release();
    log.note("released", id, round(lastValid));
  } catch (error) {
    log.note("lost", id, round(lastValid), String((error as Error).message));
    await handle.release();
  }
}

/** Notes when the machine or the server is slow: what is lost then is no fault of the library. */
async function watch(): Promise<void> {
  while (!stop.signal.aborted) {
    const at = sharedNow();
    await wait(WATCH_MS);
    // Where the connection is gone, that is what took so long.
    await nc.flush().catch(() => {});
    const lateMs = sharedNow() - at - WATCH_MS;
    if (lateMs > WATCH_MS / 2) log.note("slow", me, round(lateMs));
  }
}

/** Lets this process's own clocks run wrong, also for the library. */
function distortClocks(): void {
  const { clock } = options;
  if (clock === undefined) return;
  const wall = Date.now.bind(Date);
  const monotonic = performance.now.bind(performance);
  const [wallStart, monotonicStart] = [wall(), monotonic()];
  const { rate = 1, jumpMs = 0, everyMs = 0 } = clock;
  if (rate !== 1) {
    Date.now = () => Math.floor(wallStart + (wall() - wallStart) * rate);
    performance.now = () => monotonicStart + (monotonic() - monotonicStart) * rate;
    return;
  }
  let aheadMs = 0;
  Date.now = () => wall() + aheadMs;
  const timer = setInterval(() => {
    // Who thinks that an hour has passed lets go of what it holds. One set back changes nothing.
    if (jumpMs > 0) log.note("clock", me, `jump of ${jumpMs} ms`);
    aheadMs += jumpMs;
  }, everyMs);
  stop.signal.addEventListener("abort", () => clearInterval(timer));
}
