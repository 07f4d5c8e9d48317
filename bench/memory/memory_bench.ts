/**
 * What 10,000 idle subscriptions and 100,000 calls in flight take of memory. Each turn is a process of
 * its own.
 *
 * `memory_bench.ts [--check] [--only=idle,calls] [--rounds=3]`
 *
 * @module
 */
import assert from "node:assert/strict";
import process from "node:process";
import { type NatsServer, startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { eventually } from "../../tests/_support/eventually.ts";
import { contest, type Contestant } from "../frame/contest.ts";
import type { CaseResult, Sample } from "../frame/model.ts";
import { parseOptions } from "../frame/options.ts";
import { startParticipant } from "../frame/participant.ts";
import { report, runtime, statusOf } from "../frame/report.ts";
import { installRivals } from "../frame/rivals.ts";
import { processMicros } from "../frame/server_cpu.ts";
import { SILENT_SUBJECT } from "./_silent.ts";

const RAW = "raw nats.js";

/** Somebody who takes part: its script, and its arguments. */
type Way = readonly [script: string, ...args: string[]];

interface Part {
  readonly task: string;
  readonly name: string;
  readonly count: number;
  readonly note: string;
  /** Who cannot take part in it. */
  readonly without: readonly string[];
}

const PARTS: Readonly<Record<string, Part>> = {
  idle: {
    task: "subscribe",
    name: "idle subscriptions",
    count: 10_000,
    without: [],
    note: "Of idle subscriptions: a method of our service, an endpoint of `@nats-io/services`, a " +
      "message pattern of NestJS, an action of Moleculer with `disableBalancer`, without which it " +
      "has one subscription for all.",
  },
  calls: {
    task: "call",
    name: "calls in flight",
    count: 100_000,
    // It has no client.
    without: ["@nats-io/services"],
    note: "Of calls in flight: `@nats-io/services` has no client, its callers are the raw one's. " +
      "NestJS subscribes for each call, and knows no timeout; Moleculer is told to take more than the " +
      "50,000 calls at once that it takes by itself.",
  },
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS), { rounds: 3 });
  await using server = await startNatsServer({ jetstream: false, onProgress: () => {} });
  const silent = await connect({ servers: server.url });
  silent.subscribe(SILENT_SUBJECT, { callback: () => {} });
  await silent.flush();
  const folder = runtime() === "node" ? await installRivals("services") : undefined;
  await using _silent = folder === undefined
    ? undefined
    : await startParticipant(scriptOf("moleculer_holder"), server.url, folder, "silent");
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    cases.push(await measure(PARTS[part]!, waysOf(folder), server, options.rounds));
  }
  await silent.close();
  return statusOf(options.isChecked, report("Memory, garbage collected", cases));
}

/** Everybody; the frameworks on NATS exist for Node only. */
function waysOf(folder: string | undefined): Readonly<Record<string, Way>> {
  return {
    [RAW]: ["holder", "raw"],
    "@nats-io/services": ["holder", "micro"],
    "shizuku": ["holder", "shizuku"],
    "bare socket": ["holder", "floor"],
    ...folder === undefined ? {} : {
      "NestJS": ["nest_holder", folder],
      "Moleculer": ["moleculer_holder", folder],
    },
  };
}

function scriptOf(name: string): URL {
  return new URL(`./${name}_process.ts`, import.meta.url);
}

/** Asks the server whether there are as many as there should be. */
async function checkSubscriptions(monitorUrl: string, count: number): Promise<void> {
  await eventually(async () => {
    const { subscriptions } = await (await fetch(`${monitorUrl}/varz`)).json();
    assert.ok(subscriptions >= count, `There are ${subscriptions} subscriptions, not ${count}`);
  });
}

function measure(
  { task, name, count, note, without }: Part,
  ways: Readonly<Record<string, Way>>,
  { url, pid, monitorUrl }: NatsServer,
  rounds: number,
): Promise<CaseResult> {
  console.error(`measuring ${name}`);
  const contestants = Object.entries(ways).filter(([name]) => !without.includes(name)).map((
    [name, [script, ...args]],
  ): Contestant => ({
    name,
    isOurs: name === "shizuku",
    async turn() {
      await using holder = await startParticipant(scriptOf(script), url, ...args);
      const before = await processMicros(pid);
      const sample = await holder.ask<Sample>(task, count);
      if (task === "subscribe") await checkSubscriptions(monitorUrl, count);
      return { ...sample, serverMicros: (await processMicros(pid) - before) / count };
    },
  }));
  const title = `${count.toLocaleString("en")} ${name}`;
  return contest(title, contestants, { rounds, baseline: RAW, note });
}
