/**
 * How starting and one operation grow from 1 to 1,000 methods, hooks, watched keys and components,
 * beside as many of the official packages. What grows and who uses it are two connections of one
 * process; the server is another.
 *
 * `growth_bench.ts [--check] [--only=methods,hooks,keys,components] [--rounds=3]`
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { contest } from "../frame/contest.ts";
import { cpuMicros } from "../frame/load.ts";
import type { CaseResult, Sample } from "../frame/model.ts";
import { parseOptions } from "../frame/options.ts";
import { report, statusOf, warnIfBusy } from "../frame/report.ts";
import { processMicros } from "../frame/server_cpu.ts";
import { percentile } from "../frame/statistics.ts";
import { type Grow, GROWN, type Grown } from "./_grown.ts";
import { RAW_GROWN } from "./_raw_grown.ts";

const COUNTS = [1, 10, 100, 1_000];
/** Operations of a round, one at a time. */
const OPERATIONS = 300;
const RAW = "raw nats.js";
const NOTE = "Raw are subscriptions that answer, durable consumers with a callback, watches of " +
  "`@nats-io/kv`, and services of `@nats-io/services`. The client is both who grows and who uses it.";

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(GROWN), { rounds: 3 });
  warnIfBusy();
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    console.error(`measuring ${part}`);
    for (const count of COUNTS) cases.push(await measurePart(part, count, options.rounds));
  }
  return statusOf(options.isChecked, report("Growth, one operation at a time", cases));
}

function measurePart(part: string, count: number, rounds: number): Promise<CaseResult> {
  const contestants = [
    { name: RAW, turn: () => measure(RAW_GROWN[part]!, count) },
    { name: "shizuku", isOurs: true, turn: () => measure(GROWN[part]!, count) },
  ];
  const point = { curve: part, count };
  const name = `${count.toLocaleString("en")} ${part}`;
  return contest(name, contestants, { rounds, baseline: RAW, point, note: NOTE });
}

/** Each turn begins with a server that knows nothing. */
async function measure(grow: Grow, count: number): Promise<Sample> {
  await using server = await startNatsServer({ onProgress: () => {} });
  const [owner, user] = await Promise.all(
    [server.url, server.url].map((servers) => connect({ servers })),
  );
  const startedAt = performance.now();
  const grown = await grow(owner!, user!, count);
  const startMs = performance.now() - startedAt;
  const sample = await measureUse(grown, count, server.pid);
  await grown.stop();
  await owner!.close();
  await user!.close();
  return { ...sample, startMs };
}

async function measureUse(
  grown: Grown,
  count: number,
  serverPid: number | undefined,
): Promise<Sample> {
  const times: number[] = [];
  const [cpuBefore, serverBefore] = [cpuMicros(), await processMicros(serverPid)];
  for (let index = 0; index < OPERATIONS; index++) {
    const startedAt = performance.now();
    // A prime step, so that all of them have their turn in no order.
    await grown.use((index * 7_919) % count);
    times.push(performance.now() - startedAt);
  }
  const clientMicros = (cpuMicros() - cpuBefore) / OPERATIONS;
  const serverMicros = (await processMicros(serverPid) - serverBefore) / OPERATIONS;
  times.sort((left, right) => left - right);
  return {
    p50Ms: percentile(times, 0.5),
    p99Ms: percentile(times, 0.99),
    clientMicros,
    serverMicros,
  };
}
