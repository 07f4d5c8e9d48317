/**
 * What 10,000 idle subscriptions and 100,000 calls in flight take of memory. Each turn is a process of
 * its own.
 *
 * `memory_bench.ts [--check] [--only=idle,calls] [--rounds=3]`
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { contest } from "../frame/contest.ts";
import type { CaseResult, Sample } from "../frame/model.ts";
import { parseOptions } from "../frame/options.ts";
import { startParticipant } from "../frame/participant.ts";
import { report, statusOf } from "../frame/report.ts";
import { SILENT_SUBJECT } from "./_silent.ts";

const PARTS = {
  idle: { task: "subscribe", name: "idle subscriptions", count: 10_000 },
  calls: { task: "call", name: "calls in flight", count: 100_000 },
};
const WAYS = { "raw nats.js": "raw", "@nats-io/services": "micro", "shizuku": "shizuku" };

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS), { rounds: 3 });
  await using server = await startNatsServer({ jetstream: false, onProgress: () => {} });
  const silent = await connect({ servers: server.url });
  silent.subscribe(SILENT_SUBJECT, { callback: () => {} });
  await silent.flush();
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    cases.push(await measure(PARTS[part as keyof typeof PARTS], server.url, options.rounds));
  }
  await silent.close();
  const missed = report("Memory, garbage collected", cases);
  return statusOf(options.isChecked, missed);
}

function measure(
  { task, name, count }: typeof PARTS[keyof typeof PARTS],
  server: string,
  rounds: number,
): Promise<CaseResult> {
  console.error(`measuring ${name}`);
  const script = new URL("./holder_process.ts", import.meta.url);
  const ways = Object.entries(WAYS).filter(([, way]) => task === "subscribe" || way !== "micro");
  const contestants = ways.map(([name, way]) => ({
    name,
    isOurs: way === "shizuku",
    async turn() {
      await using holder = await startParticipant(script, server, way);
      return await holder.ask<Sample>(task, count);
    },
  }));
  const baseline = "raw nats.js";
  return contest(`${count.toLocaleString("en")} ${name}`, contestants, { rounds, baseline });
}
