/**
 * Entities against the official client of buckets, `@nats-io/kv`, on the same server. Both clients
 * are processes of their own and take turns.
 *
 * `kv_bench.ts [--check] [--only=put,get,update,modify] [--rounds=5] [--turn-ms=400]`
 *
 * With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { callingContestant } from "../frame/call_turn.ts";
import { contest } from "../frame/contest.ts";
import type { Budget, CaseResult } from "../frame/model.ts";
import { type BenchOptions, parseOptions } from "../frame/options.ts";
import { type Participant, Participants } from "../frame/participant.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { type KvOperation, MODIFY, THROUGHPUT } from "./_budgets.ts";

const RUNTIME = runtime();
const OFFICIAL = "@nats-io/kv";

/** One of those who do an operation: whose process, and what it calls. */
type Way = readonly [name: string, side: "raw" | "typed", call: KvOperation];

/** What is measured; the first way is the baseline. */
const PARTS: Readonly<Record<string, readonly Way[]>> = {
  put: [[OFFICIAL, "raw", "put"], ["shizuku", "typed", "put"]],
  get: [
    [OFFICIAL, "raw", "get"],
    ["shizuku", "typed", "get"],
    ["shizuku, direct", "typed", "direct get"],
    [`${OFFICIAL}, from the leader`, "raw", "leader get"],
  ],
  update: [[OFFICIAL, "raw", "update"], ["shizuku", "typed", "update"]],
  modify: [[`${OFFICIAL}, put`, "raw", "put"], ["shizuku", "typed", "modify"]],
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS), { rounds: 5 });
  warnIfBusy();
  await using server = await startNatsServer({ onProgress: () => {} });
  await using processes = new Participants(server.url);
  const script = new URL("./writer_process.ts", import.meta.url);
  const sides = {
    raw: await processes.start(script, "raw"),
    typed: await processes.start(script, "shizuku"),
  };
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    for (const inFlight of part === "modify" ? [1] : [1, 64]) {
      cases.push(await measure(part, inFlight, sides, server.pid, options));
    }
  }
  const missed = report("Key-value store, 115 bytes, 1,024 keys, memory storage", cases);
  return statusOf(options.isChecked, missed);
}

function measure(
  part: string,
  inFlight: number,
  sides: Record<"raw" | "typed", Participant>,
  serverPid: number | undefined,
  { rounds, turnMs }: BenchOptions,
): Promise<CaseResult> {
  const name = `${part}, ${inFlight} in flight`;
  console.error(`measuring ${name}`);
  const ways = PARTS[part]!;
  const contestants = ways.map(([name, side, call]) => {
    const isOurs = side === "typed";
    return callingContestant(
      name,
      { caller: sides[side], call, serverPid },
      { inFlight, turnMs },
      isOurs,
    );
  });
  const budgets = budgetsOf(ways, inFlight);
  return contest(name, contestants, {
    rounds,
    turnMs,
    baseline: ways[0]![0],
    ...budgets.length === 0 ? {} : { budgets },
  });
}

function budgetsOf(ways: readonly Way[], inFlight: number): Budget[] {
  return ways.flatMap(([contestant, side, call]): Budget[] => {
    if (side === "raw") return [];
    if (call === "modify") return [{ contestant, figure: "p50Ms", ...MODIFY }];
    const atLeast = THROUGHPUT[RUNTIME][call]?.[inFlight];
    return atLeast === undefined ? [] : [{ contestant, figure: "perSecond", atLeast }];
  });
}
