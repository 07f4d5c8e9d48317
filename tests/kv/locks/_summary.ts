import type { CellResult } from "./_cell.ts";
import type { Crash, Request } from "./_check_history.ts";

/** The figures of one run. Times in milliseconds; not a number where nothing was measured. */
export interface CellSummary {
  readonly processes: number;
  readonly readShare: number;
  readonly servers: 1 | 3;
  readonly seconds: number;
  readonly ttlMs: number;
  readonly runtime: string;
  readonly requests: number;
  readonly grants: number;
  readonly canceled: number;
  readonly lost: number;
  readonly grantsPerSecond: number;
  readonly publishesPerGrant: number;
  /** From the last moment that one held to the grant of one that waited for it. */
  readonly handOff: Quantiles;
  /** From the request to the grant. */
  readonly acquire: Quantiles;
  /** Grants of each process slot: those of all of its incarnations. */
  readonly grantsOfEach: readonly number[];
  /** The least served to the best served. */
  readonly fairness: number;
  /** From the crash of a holder to the grant of one that waited, where nothing else was wrong. */
  readonly crashToGrant: readonly number[];
  /** The same where something else was wrong meanwhile. */
  readonly disturbedCrashes: readonly Crash[];
  /** The longest time without a grant around each fault of a server. */
  readonly failOver: readonly number[];
  readonly contenderFaults: number;
  readonly serverFaults: number;
  readonly consumers: number;
  readonly falseLosses: number;
  readonly stuck: number;
  readonly violations: readonly string[];
}

/** A distribution. */
export interface Quantiles {
  readonly count: number;
  /** The values below which these shares lie: {@linkcode SHARES}. */
  readonly values: readonly number[];
}

/** The shares of {@linkcode Quantiles}. */
export const SHARES = [0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1];

/** The value below which a share lies, which must be one of {@linkcode SHARES}. */
export function quantile({ values }: Quantiles, share: number): number {
  return values[SHARES.indexOf(share)] ?? Number.NaN;
}

/** Computes the figures of a run. */
export function summarize(result: CellResult): CellSummary {
  const { options, verdict, faults, startedAt, endedAt } = result;
  const { granted, requests } = verdict;
  const seconds = (endedAt - startedAt) / 1000;
  const grantsOfEach = Array.from(
    { length: options.processes },
    (_, index) => granted.filter(({ id }) => id.startsWith(`${index}.`)).length,
  );
  const ofServers = faults.filter(({ isServer }) => isServer);
  return {
    processes: options.processes,
    readShare: options.readShare ?? 0,
    servers: options.cluster ? 3 : 1,
    seconds: Math.round(seconds),
    ttlMs: options.ttlMs ?? 0,
    runtime: "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node",
    requests: requests.length,
    grants: granted.length,
    canceled: requests.filter(({ outcome }) => outcome === "canceled").length,
    lost: requests.filter(({ outcome }) => outcome === "lost").length,
    grantsPerSecond: granted.length / seconds,
    publishesPerGrant: result.publishes / granted.length,
    handOff: quantilesOf(handOffsOf(granted)),
    acquire: quantilesOf(granted.map(({ invokedAt, grantedAt }) => grantedAt! - invokedAt)),
    grantsOfEach,
    fairness: Math.min(...grantsOfEach) / Math.max(...grantsOfEach),
    crashToGrant: verdict.crashes.filter(({ disturbedMs }) => disturbedMs === 0).map(({ ms }) =>
      ms
    ),
    disturbedCrashes: verdict.crashes.filter(({ disturbedMs }) => disturbedMs > 0),
    failOver: ofServers.map(({ at, until }) =>
      longestGap(granted, at, Math.min(until + 5_000, endedAt))
    ),
    contenderFaults: faults.length - ofServers.length,
    serverFaults: ofServers.length,
    consumers: result.consumers,
    falseLosses: verdict.falseLosses.length,
    stuck: verdict.stuck.length + result.ticketsLeft * Number(!hasCrash(result)),
    violations: result.violations,
  };
}

function hasCrash({ faults }: CellResult): boolean {
  return faults.some(({ what, isServer }) => what === "SIGKILL" && !isServer);
}

/** Of those who had waited for the one before them to release. */
function handOffsOf(granted: readonly Request[]): number[] {
  const times: number[] = [];
  let [lastAny, lastWrite]: (Request | undefined)[] = [];
  for (const request of granted) {
    const before = request.mode === "write" ? lastAny : lastWrite;
    if (before?.outcome === "released" && request.invokedAt < before.lastValid!) {
      times.push(request.grantedAt! - before.lastValid!);
    }
    if (lastAny === undefined || request.lastValid! > lastAny.lastValid!) lastAny = request;
    if (request.mode === "read") continue;
    if (lastWrite === undefined || request.lastValid! > lastWrite.lastValid!) lastWrite = request;
  }
  return times;
}

function longestGap(granted: readonly Request[], from: number, to: number): number {
  let [longest, last] = [0, from];
  for (const { grantedAt } of granted) {
    if (grantedAt! < from) continue;
    longest = Math.max(longest, Math.min(grantedAt!, to) - last);
    last = grantedAt!;
    if (last >= to) return longest;
  }
  return Math.max(longest, to - last);
}

function quantilesOf(values: number[]): Quantiles {
  const sorted = values.sort((left, right) => left - right);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { count: sorted.length, values: SHARES.map((share) => at(share) ?? Number.NaN) };
}
