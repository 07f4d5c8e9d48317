import { ShizukuError } from "../core/mod.ts";
import { decodeLock, encodeText, textOf } from "./_lock_document.ts";
import type { LockStore } from "./_lock_store.ts";
import { formatReport, type LockParty, type LockReport } from "./lock_report.ts";
import { FREE_LOCK, type LockDocument, type LockTicket, step } from "./lock_state.ts";

const REQUEST_MS = 5000;

/** Reads who holds a lock and who waits for it. */
export async function inspectLock(
  store: LockStore,
  bucketCreated: Date,
  name: string,
  key: string,
): Promise<LockReport> {
  const { bytes, revision, created } = await store.read(key, REQUEST_MS);
  const { document } = decodeLock(name, bytes, revision);
  const at = Date.now();
  const report: Omit<LockReport, "toString"> = {
    name,
    bucket: store.bucket,
    bucketCreated,
    revision,
    written: created,
    holders: document.h.map((ticket) => partyOf(document, ticket, at)),
    waiters: document.q.map((ticket) => partyOf(document, ticket, at)),
    limit: document.n,
  };
  return { ...report, toString: () => formatReport(report) };
}

/** Who holds or waits with a ticket. */
export function partyOf(
  { s: sessions }: LockDocument,
  [, session, mode, since, owner, fence]: LockTicket,
  at: number,
): LockParty {
  const [, ttlMs, process] = sessions[session] ?? [0, 0, ""];
  return {
    mode,
    owner,
    process,
    session,
    ttlMs,
    since: new Date(since),
    forMs: Math.max(0, at - since),
    fence: fence === undefined ? undefined : BigInt(fence),
  };
}

/**
 * Takes a lock away from whoever holds it; who waits is granted at once.
 *
 * @returns The new revision, or the expected one if nobody holds the lock.
 */
export async function forceRelease(
  store: LockStore,
  name: string,
  key: string,
  expectedRevision: number,
): Promise<number> {
  const { bytes, revision } = await store.read(key, REQUEST_MS);
  const refuse = (found: string): never => {
    throw new ShizukuError(
      "aborted",
      `Cannot release lock ${JSON.stringify(name)} by force as its revision must be ` +
        `${expectedRevision}: ${found}`,
    );
  };
  if (revision !== expectedRevision) refuse(`current value is ${revision}`);
  const { document } = decodeLock(name, bytes, revision);
  if (document.h.length === 0) return revision;
  const leave = document.h.map(([ticket]) => ({ type: "leave", ticket }) as const);
  const next = step(document, leave, Date.now());
  const options = { revision, isFree: next === FREE_LOCK, timeoutMs: REQUEST_MS };
  const written = await store.write(key, encodeText(textOf(next)), options);
  return written ?? refuse("it has changed meanwhile");
}
