/**
 * Entities against the official client of buckets, `@nats-io/kv`, on the same server. Both clients
 * are processes of their own and take turns.
 *
 * `kv_bench.ts [--check] [--only=put,get,…] [--rounds=5] [--turn-ms=400]`
 *
 * With `--check` it ends with status 1 if a budget is missed.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import { comparePair, type Side } from "../services/_pair.ts";
import { startParticipant } from "../frame/participant.ts";
import { report, type Row } from "../services/_report.ts";
import type { Runtime } from "../services/_budgets.ts";
import { MODIFY, THROUGHPUT } from "./_budgets.ts";

const RUNTIME: Runtime = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";

/** What is compared: an operation of ours with one of the official client. */
const PAIRS = {
  put: { title: "put", ours: "put", theirs: "put" },
  get: { title: "get, both by default", ours: "get", theirs: "get" },
  "direct get": { title: "get, both direct", ours: "direct get", theirs: "get" },
  "leader get": { title: "get, both through the leader", ours: "get", theirs: "leader get" },
  update: { title: "update", ours: "update", theirs: "update" },
} as const;
type Part = keyof typeof PAIRS;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      only: { type: "string", default: [...Object.keys(PAIRS), "modify"].join() },
      rounds: { type: "string", default: "5" },
      "turn-ms": { type: "string", default: "400" },
    },
  });
  await using server = await startNatsServer({ onProgress: () => {} });
  const script = new URL("./writer_process.ts", import.meta.url);
  await using raw = await startParticipant(script, server.url, "raw");
  await using typed = await startParticipant(script, server.url, "shizuku");
  const options = { rounds: Number(values.rounds), turnMs: Number(values["turn-ms"]) };
  const rows: Row[] = [];
  for (const part of values.only.split(",")) {
    console.error(`measuring ${part}`);
    const sides = (ours: string, theirs: string): [Side, Side] => [
      { caller: typed, call: ours, service: typed },
      { caller: raw, call: theirs, service: raw },
    ];
    rows.push(
      ...part === "modify"
        ? await measureModify(...sides("modify", "put"), options)
        : await measurePair(part, sides, options),
    );
  }
  console.log(
    `\n115 bytes, 1,024 keys, memory storage on ${RUNTIME}: median (smallest-largest) of ` +
      `${options.rounds} rounds\n`,
  );
  const missed = report(rows, "Key-value store");
  return values.check && missed > 0 ? 1 : 0;
}

interface Options {
  rounds: number;
  turnMs: number;
}

/** One operation, one at a time and 64 in flight. */
async function measurePair(
  part: string,
  sides: (ours: string, theirs: string) => [Side, Side],
  options: Options,
): Promise<Row[]> {
  if (!(part in PAIRS)) {
    throw new Error(`Cannot measure "${part}": there are ${Object.keys(PAIRS)}, modify`);
  }
  const { title, ours, theirs } = PAIRS[part as Part];
  const rows: Row[] = [];
  for (const inFlight of [1, 64]) {
    const result = await comparePair(...sides(ours, theirs), { ...options, inFlight });
    const atLeast = THROUGHPUT[RUNTIME][part as Part]?.[inFlight];
    const budget = atLeast === undefined ? undefined : { atLeast };
    rows.push({ title, inFlight, figure: "perSecond", result, budget });
    if (inFlight > 1) rows.push({ title, inFlight, figure: "callerMicros", result });
  }
  return rows;
}

/** The time of a change that nobody competes with, to that of a raw put. */
async function measureModify(ours: Side, theirs: Side, options: Options): Promise<Row[]> {
  const title = "modify to raw put";
  const load = { ...options, inFlight: 1 };
  const result = await comparePair(ours, theirs, load);
  return [{ title, inFlight: 1, figure: "p50Ms", result, budget: MODIFY }];
}
