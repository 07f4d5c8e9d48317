import type { LockMode } from "../../../src/kv/mod.ts";
import type { HistoryEvent } from "./_history.ts";

/** What was done to a process or a server. */
export interface Fault {
  /** When it began, on the shared clock. */
  readonly at: number;
  /** When it was over. */
  readonly until: number;
  /** What, such as `SIGKILL` or `SIGSTOP`. */
  readonly what: string;
  /** Whose: `3.0`, a contender with its incarnation, or the name of a server. */
  readonly target: string;
  /** Whether it hit a server, and so everybody. */
  readonly isServer: boolean;
}

/** What a run has left. */
export interface History {
  readonly events: readonly HistoryEvent[];
  readonly faults: readonly Fault[];
  /** Lease in milliseconds. */
  readonly ttlMs: number;
}

/** One time that a contender asked for the lock. */
export interface Request {
  readonly id: string;
  /** The process with its incarnation. */
  readonly process: string;
  readonly mode: LockMode;
  readonly invokedAt: number;
  grantedAt?: number;
  fence?: number;
  /** The last time at which it is known to have believed in its lease. */
  lastValid?: number;
  endedAt?: number;
  outcome?: "released" | "lost" | "canceled";
  detail?: string;
}

/** A holder that was killed while another waited for it. */
export interface Crash {
  /** From the crash, or the request if that came later, to the grant of the next one. */
  readonly ms: number;
  /** How much of that something else was wrong too: a server, a frozen contender, a slow machine. */
  readonly disturbedMs: number;
}

/** What the checker has found. */
export interface Verdict {
  readonly requests: readonly Request[];
  readonly granted: readonly Request[];
  /** Two held at once of whom one was a writer. */
  readonly overlaps: readonly string[];
  /** A later grant that excludes an earlier one, with a fence that is not larger. */
  readonly disorder: readonly string[];
  /** Neither granted nor canceled, though the process has ended as it should. */
  readonly stuck: readonly string[];
  /** Lost without a fault of the process, its clocks or a server, on a machine that had the time. */
  readonly falseLosses: readonly string[];
  /** What became of locks whose holder was killed. */
  readonly crashes: readonly Crash[];
  /** Granted too long after a crash, even if the time of other faults is not counted. */
  readonly late: readonly string[];
  /** Somebody waited for more than a lease while nobody held and nothing had failed. */
  readonly idle: readonly string[];
}

/** A lease ends, then somebody notices: so much longer than the lease a grant may take. */
const NOTICE_MS = 1_000;
/** A lease may be lost where so much of it was taken by a machine or server that was too slow. */
const SLOW_SHARE = 0.25;
/** Others may take a process for dead where so much was: it was silent for a whole lease. */
const SILENT_SHARE = 0.5;
/** How exact the shared clock is, in milliseconds. */
const CLOCK_ERROR_MS = 0.1;

/** Looks for everything that must not be in a history. */
export function checkHistory(history: History): Verdict {
  const requests = requestsOf(history.events);
  const granted = requests.filter(({ grantedAt }) => grantedAt !== undefined)
    .sort((left, right) => left.grantedAt! - right.grantedAt!);
  const ended = new Set(history.events.flatMap(([type, id]) => type === "ended" ? [id] : []));
  const crashes = findCrashes(granted, history);
  return {
    requests,
    granted,
    overlaps: findOverlaps(granted),
    disorder: findDisorder(granted),
    stuck: requests.filter(({ outcome, process }) => outcome === undefined && ended.has(process))
      .map(({ id, mode, grantedAt }) =>
        `${id} ${mode} ${grantedAt === undefined ? "asked" : "held"}`
      ),
    falseLosses: findFalseLosses(requests, history),
    crashes,
    late: findLate(crashes, history),
    idle: findIdle(requests, granted, history),
  };
}

/** All that is wrong, in one list. */
export function violationsOf(verdict: Verdict): string[] {
  const { overlaps, disorder, stuck, falseLosses, late, idle } = verdict;
  const named = { overlaps, disorder, stuck, "false losses": falseLosses, late, idle };
  return Object.entries(named).flatMap(([name, found]) => found.map((each) => `${name}: ${each}`));
}

function requestsOf(events: readonly HistoryEvent[]): Request[] {
  const requests = new Map<string, Request>();
  for (const event of events) {
    const [type, id, at] = event;
    if (type === "invoke") {
      const process = id.split(".").slice(0, 2).join(".");
      requests.set(id, { id, process, mode: event[3], invokedAt: at });
      continue;
    }
    const request = requests.get(id);
    if (request !== undefined) note(request, event);
  }
  return [...requests.values()];
}

function note(request: Request, event: HistoryEvent): void {
  switch (event[0]) {
    case "granted":
      request.grantedAt = request.lastValid = event[2];
      request.fence = event[3];
      return;
    case "valid":
      request.lastValid = event[2];
      return;
    case "released":
    case "lost":
      request.endedAt = event[2];
      if (request.grantedAt !== undefined) request.lastValid = event[3];
      request.outcome = event[0];
      if (event[0] === "lost") request.detail = event[4];
      return;
    case "canceled":
      request.endedAt = event[2];
      request.outcome = "canceled";
      request.detail = event[3];
  }
}

/** Goes through the grants in time, with the latest end of each mode so far. */
function findOverlaps(granted: readonly Request[]): string[] {
  const found: string[] = [];
  const latest: Record<LockMode, Request | undefined> = { read: undefined, write: undefined };
  for (const request of granted) {
    for (const other of [latest.write, request.mode === "write" ? latest.read : undefined]) {
      if (other === undefined) continue;
      const overlapMs = other.lastValid! - request.grantedAt!;
      if (overlapMs <= CLOCK_ERROR_MS) continue;
      found.push(
        `${other.id} ${other.mode} and ${request.id} ${request.mode} for ${
          overlapMs.toFixed(3)
        } ms`,
      );
    }
    const known = latest[request.mode];
    if (known === undefined || known.lastValid! < request.lastValid!) {
      latest[request.mode] = request;
    }
  }
  return found;
}

function findDisorder(granted: readonly Request[]): string[] {
  const found: string[] = [];
  const newest = { read: 0, write: 0 };
  for (const { id, mode, fence } of granted) {
    const last = mode === "write" ? Math.max(newest.read, newest.write) : newest.write;
    if (fence! <= last) found.push(`${id} ${mode} has fence ${fence} after ${last}`);
    newest[mode] = Math.max(newest[mode], fence!);
  }
  return found;
}

function findFalseLosses(requests: readonly Request[], history: History): string[] {
  const lost = requests.filter(({ outcome }) => outcome === "lost");
  const disturbed = disturbancesOf(history);
  const slow = slownessOf(history);
  return lost.filter(({ process, endedAt, detail }) => {
    const share = detail?.includes("could not be renewed") ? SLOW_SHARE : SILENT_SHARE;
    return !disturbed(process, endedAt!) && slow(process, endedAt!) < share * history.ttlMs;
  }).map(({ id, mode, detail }) => `${id} ${mode}: ${detail}`);
}

/** How many milliseconds of the lease before a moment the machine or the server was too slow. */
function slownessOf({ events, ttlMs }: History): (contender: string, at: number) => number {
  const slow = events.flatMap((event) => event[0] === "slow" ? [event] : []);
  return (contender, at) =>
    slow.filter(([, id]) => id === contender).map(([, , until, ms]) =>
      overlapMs([until - ms, until], [at - ttlMs, at])
    ).reduce((sum, ms) => sum + ms, 0);
}

type Span = readonly [from: number, to: number];

function overlapMs([from, to]: Span, [start, end]: Span): number {
  return Math.max(0, Math.min(to, end) - Math.max(from, start));
}

/** When a contender noticed that the machine or the server was too slow. */
function slowSpans(events: readonly HistoryEvent[]): Pick<Fault, "at" | "until">[] {
  return events.flatMap((event) => {
    if (event[0] !== "slow") return [];
    const [, , until, ms] = event;
    return [{ at: until - ms, until }];
  });
}

/** How much of a span is covered by faults, of which some may go on side by side. */
function coveredMs(faults: readonly Pick<Fault, "at" | "until">[], [from, to]: Span): number {
  let [covered, done] = [0, from];
  for (const { at, until } of [...faults].sort((left, right) => left.at - right.at)) {
    covered += overlapMs([Math.max(at, done), until], [from, to]);
    done = Math.max(done, until);
  }
  return covered;
}

/** Those that were killed while they held, and the grants that their leases had kept back. */
function findCrashes(granted: readonly Request[], { events, faults }: History): Crash[] {
  const isCrash = ({ what, isServer }: Fault) => what === "SIGKILL" && !isServer;
  const others = [...faults.filter((fault) => !isCrash(fault)), ...slowSpans(events)];
  return faults.filter(isCrash).flatMap(({ at, target }) => {
    const held = granted.find(({ process, outcome, grantedAt }) =>
      process === target && outcome === undefined && grantedAt! <= at
    );
    const next = held &&
      granted.find(({ grantedAt, mode }) =>
        grantedAt! > at && (held.mode === "write" || mode === "write")
      );
    if (next === undefined) return [];
    const span: Span = [Math.max(at, next.invokedAt), next.grantedAt!];
    return [{ ms: span[1] - span[0], disturbedMs: coveredMs(others, span) }];
  });
}

function findLate(crashes: readonly Crash[], { ttlMs }: History): string[] {
  return crashes.filter(({ ms, disturbedMs }) => ms - disturbedMs > ttlMs + NOTICE_MS)
    .map(({ ms, disturbedMs }) =>
      `granted ${Math.round(ms)} ms after a crash, of which ${Math.round(disturbedMs)} disturbed`
    );
}

/** Whether something was wrong with a process, or for all, within two leases before a moment. */
function disturbancesOf(
  { events, faults, ttlMs }: History,
): (contender: string, at: number) => boolean {
  const clocks = new Set(events.flatMap(([type, id]) => type === "clock" ? [id] : []));
  return (contender, at) =>
    clocks.has(contender) ||
    faults.some((fault) =>
      (fault.isServer || fault.target === contender) && fault.at <= at &&
      at <= fault.until + 2 * ttlMs
    );
}

/** Times without a holder while somebody waited all the time, on a machine that had the time. */
function findIdle(
  requests: readonly Request[],
  granted: readonly Request[],
  { events, faults, ttlMs }: History,
): string[] {
  const found: string[] = [];
  const slow = slowSpans(events);
  const waits = requests.map(({ invokedAt, grantedAt, endedAt }) => ({
    from: invokedAt,
    to: grantedAt ?? endedAt ?? invokedAt,
  })).filter(({ from, to }) => to - from > ttlMs);
  let heldUntil = -Infinity;
  for (const { grantedAt, endedAt, lastValid } of granted) {
    const [from, to] = [heldUntil, grantedAt!];
    heldUntil = Math.max(heldUntil, endedAt ?? lastValid!);
    const hasWaiter = waits.some((wait) =>
      Math.min(wait.to, to) - Math.max(wait.from, from) > ttlMs
    );
    if (to - from - coveredMs(slow, [from, to]) <= ttlMs || !hasWaiter) continue;
    const isExplained = faults.some((fault) => fault.at < to && fault.until + 2 * ttlMs > from);
    if (!isExplained) found.push(`nobody held for ${Math.round(to - from)} ms`);
  }
  return found;
}
