import type { LockMode } from "./lock_state.ts";

/**
 * One who holds a lock or waits for it.
 *
 * @example
 * ```ts ignore
 * const { holders } = await mutex.inspect("import");
 * for (const { owner, process, since } of holders) console.log(owner, process, since);
 * ```
 */
export interface LockParty {
  /** How it holds, or wants to hold. */
  readonly mode: LockMode;
  /** Who it is, as it said itself; empty if it did not. */
  readonly owner: string;
  /** In which process: what {@linkcode LocksOptions.process} says there. */
  readonly process: string;
  /** Id of the process's session; all of its claims share it. */
  readonly session: string;
  /** Lease of the session in milliseconds. */
  readonly ttlMs: number;
  /** Since when it holds or waits, by the wall clock of the process that wrote it down. */
  readonly since: Date;
  /** For how many milliseconds, by the wall clock of this process. For people, not for decisions. */
  readonly forMs: number;
  /** The fence, once it is announced, as the leaders of elections do. */
  readonly fence: bigint | undefined;
}

/**
 * Who holds a lock and who waits for it.
 *
 * @example Take a lock away from whoever has it for an hour
 * ```ts ignore
 * const report = await mutex.inspect("import");
 * if (report.holders.some(({ forMs }) => forMs > 3_600_000)) {
 *   await mutex.forceRelease("import", report.revision);
 * }
 * ```
 */
export interface LockReport {
  /** The lock's name. */
  readonly name: string;
  /** Name of the bucket. */
  readonly bucket: string;
  /** When the bucket was made. */
  readonly bucketCreated: Date;
  /** Revision of the lock, 0 if it was never used or is long forgotten. */
  readonly revision: number;
  /** When that revision was written, by the server's clock: at least every third of a lease. */
  readonly written: Date | undefined;
  /** Who holds it. */
  readonly holders: readonly LockParty[];
  /** Who waits, first come first. */
  readonly waiters: readonly LockParty[];
  /** How many may hold it at once, if that is limited. */
  readonly limit: number | undefined;
  /** A table for people. */
  toString(): string;
}

/**
 * Makes the table of a report.
 *
 * @example
 * ```ts
 * import { formatReport } from "@shizuku/shizuku/kv";
 *
 * const report = { name: "import", bucket: "locks", bucketCreated: new Date(), revision: 0 };
 * console.log(
 *   formatReport({ ...report, written: undefined, holders: [], waiters: [], limit: undefined }),
 * ); // "import" in bucket locks, revision 0: free
 * ```
 */
export function formatReport(report: Omit<LockReport, "toString">): string {
  const { name, bucket, revision, holders, waiters } = report;
  const head = `${JSON.stringify(name)} in bucket ${bucket}, revision ${revision}: `;
  if (holders.length + waiters.length === 0) return `${head}free`;
  const rows = [
    ...holders.map((party) => ["holds", ...cellsOf(party)]),
    ...waiters.map((party) => ["waits", ...cellsOf(party)]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  return [`${head}${holders.length} hold, ${waiters.length} wait`, ...lines].join("\n  ");
}

function cellsOf({ mode, forMs, owner, process, ttlMs }: LockParty): string[] {
  return [mode, `${(forMs / 1000).toFixed(1)} s`, owner || "-", process, `lease ${ttlMs / 1000} s`];
}
