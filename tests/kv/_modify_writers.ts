import assert from "node:assert/strict";
import { json } from "../../src/core/mod.ts";
import { openBucket, type Value, value } from "../../src/kv/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { type SpawnedScript, spawnScript } from "../_support/spawn_script.ts";
import type { World } from "../_support/world.ts";

const PROCESSES = 4;
const WRITERS = 4;
const SCRIPT = new URL("./modify_process.ts", import.meta.url);

/** How much the writers do. */
export interface ModifyOptions {
  /** Replicas of the bucket. */
  replicas: number;
  /** Changes of each writer. @default {Infinity} */
  changes?: number;
  /** Seconds after which they end. @default {Infinity} */
  seconds?: number;
  /** Disturbs the servers while they write; the signal aborts when the first one has ended. */
  disturb?(signal: AbortSignal): Promise<void>;
}

/** What 16 writers have done. */
export interface ModifyResult {
  /** How many changes were done. */
  readonly changes: number;
  /** The errors of those that nobody knows of whether they were. */
  readonly doubts: readonly string[];
}

/** What one process says that it has done. */
interface Report {
  sum: number;
  doubts: { amount: number; message: string }[];
  revisions: number[];
}

/**
 * Lets 16 writers in 4 processes add to one value. In the end it must be what they have added, and
 * each change must have a revision of its own.
 */
export async function checkModify(world: World, options: ModifyOptions): Promise<ModifyResult> {
  const { replicas, changes = Infinity, seconds = Infinity, disturb } = options;
  const bucket = await openBucket(world.nc, "totals", { replicas });
  const total = value(bucket, { key: "total", codec: json<number>() });
  const servers = (world.cluster?.urls ?? [world.server.url]).join();
  const scripts = Array.from({ length: PROCESSES }, (_, seed) => {
    const args = [servers, WRITERS, changes, seed + 1, seconds].map(String);
    return spawnScript(SCRIPT, { args });
  });
  const ended = new AbortController();
  try {
    await Promise.all(scripts.map((script) => script.line("progress")));
    const [reports] = await Promise.all([
      Promise.all(scripts.map((script) => readReport(script).finally(() => ended.abort()))),
      disturb?.(ended.signal),
    ]);
    await eventually(() => compare(total, reports), { timeoutMs: 60_000 });
    return {
      changes: reports.reduce((count, { revisions }) => count + revisions.length, 0),
      doubts: reports.flatMap(({ doubts }) => doubts.map(({ message }) => message)),
    };
  } finally {
    await Promise.all(scripts.map((script) => script[Symbol.asyncDispose]()));
  }
}

async function readReport(script: SpawnedScript): Promise<Report> {
  const report: Report = { sum: NaN, doubts: [], revisions: [] };
  for await (const line of script.lines) {
    const [word, rest = ""] = line.split(/ (.*)/);
    if (word === "revisions") report.revisions.push(...rest.split(",").map(Number));
    if (word === "doubt") report.doubts.push({ amount: parseInt(rest), message: rest });
    if (word === "sum") return { ...report, sum: Number(rest) };
  }
  throw new Error(`A writer ended early: ${script.stderr()}`);
}

async function compare(total: Value<number>, reports: readonly Report[]): Promise<void> {
  const revisions = reports.flatMap(({ revisions }) => revisions);
  const twice = revisions.filter((revision, index) => revisions.indexOf(revision) !== index);
  assert.deepEqual(twice, [], "revisions that several changes take for theirs");
  const entry = await total.get();
  const sum = reports.reduce((sum, report) => sum + report.sum, 0);
  const doubtful = reports.flatMap(({ doubts }) => doubts)
    .reduce((sum, { amount }) => sum + amount, 0);
  const found = entry?.value ?? 0;
  assert.ok(
    sum <= found && found <= sum + doubtful,
    `${found} was found, where ${sum} was added and ${doubtful} maybe`,
  );
}
