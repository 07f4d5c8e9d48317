/**
 * Hooks against the raw client's `consume()`, each in a process of its own, in turns.
 *
 * `consume_bench.ts [--check] [--only=throughput,confirmed,slow,memory] [--rounds=5]
 * [--messages=60000] [--memory-messages=600000]`
 *
 * With `--check` it ends with status 1 if a budget is missed. The memory part consumes the same
 * messages again and again, each time by a new consumer on the server.
 *
 * @module
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { type Participant, startParticipant, type Turn } from "./_participant.ts";
import { type Budget, report, type Row } from "./_report.ts";

const RUNTIME = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
const KEYS = 100;

const RATIO: Record<string, Budget> = {
  callback: { atLeast: 1.05 },
  iterator: { atLeast: 1.6 },
  lanes: { atLeast: 0.85 },
  writes: { atMost: 0.05 },
};

interface Bench {
  ours: Participant;
  raw: Participant;
  rounds: number;
  messages: number;
  memoryMessages: number;
}

const PARTS = {
  throughput: measureThroughput,
  confirmed: measureConfirmed,
  slow: measureSlow,
  memory: measureMemory,
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      check: { type: "boolean", default: false },
      only: { type: "string", default: Object.keys(PARTS).join() },
      rounds: { type: "string", default: "5" },
      messages: { type: "string", default: "60000" },
      "memory-messages": { type: "string", default: "600000" },
    },
  });
  const [load = 0] = loadavg();
  if (load >= availableParallelism() / 2) {
    console.error(`The machine is busy (load ${load.toFixed(1)}): do not trust the table`);
  }
  const messages = Number(values.messages);
  await using server = await startNatsServer({ onProgress: () => {} });
  const nc = await connect({ servers: server.url });
  await fill(nc, messages);
  await using ours = await startParticipant(server.url, "hook");
  await using raw = await startParticipant(server.url, "raw");
  const rounds = Number(values.rounds);
  const bench = { ours, raw, rounds, messages, memoryMessages: Number(values["memory-messages"]) };
  const rows: Row[] = [];
  for (const part of values.only.split(",")) {
    if (!(part in PARTS)) {
      throw new Error(`Cannot measure "${part}": there are ${Object.keys(PARTS)}`);
    }
    console.error(`measuring ${part}`);
    rows.push(...await PARTS[part as keyof typeof PARTS](bench));
  }
  console.log(`\n115 bytes on ${RUNTIME}: median (smallest-largest) of ${rounds} rounds\n`);
  const missed = report(rows);
  await nc.close();
  return values.check && missed > 0 ? 1 : 0;
}

/** Stores what all turns consume, each from its start. */
async function fill(nc: NatsConnection, messages: number): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.streams.add({ name: "BENCH", subjects: ["bench.*"], storage: "memory" });
  const payload = new Uint8Array(115).fill(7);
  const client = jetstream(nc);
  for (let sent = 1; sent < messages; sent++) nc.publish(`bench.${sent % KEYS}`, payload);
  await nc.flush();
  await client.publish("bench.0", payload, { timeout: 60_000 });
}

type Load = Partial<Omit<Parameters<Participant["perform"]>[0], "way">>;

/** Lets several ways consume in turns; a first round warms them up and does not count. */
async function compareWays(
  { ours, raw, rounds, messages }: Bench,
  ways: readonly string[],
  load: Load = {},
): Promise<Map<string, Turn[]>> {
  const turns = new Map<string, Turn[]>(ways.map((way) => [way, []]));
  for (let round = 0; round <= rounds; round++) {
    // Who comes first has the cooler processor.
    for (const way of round % 2 === 0 ? ways : [...ways].reverse()) {
      const task = { way, messages, handlerMs: 0, concurrency: 64, ...load };
      const turn = await (way.startsWith("hook") ? ours : raw).perform(task);
      if (round > 0) turns.get(way)!.push(turn);
    }
  }
  return turns;
}

async function measureThroughput(bench: Bench): Promise<Row[]> {
  const ways = ["hook", "raw callback", "raw for await", "hook, lanes"];
  const turns = await compareWays(bench, ways);
  const [hook, callback, iterator, lanes] = ways.map((way) => turns.get(way)!);
  const no = (values: Turn[]) => values.map((turn) => ({ ...turn, writesPerAck: 1 }));
  return [
    row("hook to raw callback", "perSecond", hook!, callback!, RATIO["callback"]),
    row("hook to raw for await", "perSecond", hook!, iterator!, RATIO["iterator"]),
    row("lanes to no lanes", "perSecond", lanes!, hook!, RATIO["lanes"]),
    row("writes for each ack of a hook", "writesPerAck", hook!, no(hook!), RATIO["writes"]),
    row("hook to raw callback", "cpuMicros", hook!, callback!),
    row("held, hook to raw callback", "mostHeld", hook!, callback!),
  ];
}

async function measureConfirmed(bench: Bench): Promise<Row[]> {
  const ways = ["hook, confirmed", "raw ackAck"];
  const turns = await compareWays({ ...bench, messages: bench.messages / 2 }, ways);
  const budget = RUNTIME === "bun" ? undefined : { atLeast: 3 };
  const [ours, raw] = ways.map((way) => turns.get(way)!);
  return [row("confirmed to raw ackAck, pipelined", "perSecond", ours!, raw!, budget)];
}

/** A handler that takes 1 ms: 64 at once against 64 times one at a time. */
async function measureSlow(bench: Bench): Promise<Row[]> {
  const handlerMs = 1;
  const many = { ...bench, messages: 20_000 };
  const one = { ...bench, messages: 500 };
  const turns = await compareWays(many, ["hook", "raw callback"], { handlerMs });
  const single = await compareWays(one, ["hook, one at a time"], { handlerMs });
  const ideal = single.get("hook, one at a time")!.map((turn) => ({
    ...turn,
    perSecond: turn.perSecond * 64,
  }));
  const [hook, callback] = ["hook", "raw callback"].map((way) => turns.get(way)!);
  const most = hook!.map((turn) => ({ ...turn, mostHeld: 4_096 }));
  return [
    row("1 ms handler, 64 at once to 64 times one", "perSecond", hook!, ideal, { atLeast: 0.93 }),
    row("1 ms handler, held to the most allowed", "mostHeld", hook!, most, { atMost: 1 }),
    row("1 ms handler, held, hook to raw callback", "mostHeld", hook!, callback!),
  ];
}

/** Heap after many messages, to that after a tenth of them. */
async function measureMemory({ ours, messages, memoryMessages }: Bench): Promise<Row[]> {
  const heaps: Turn[] = [];
  for (let left = memoryMessages; left > 0; left -= messages) {
    heaps.push(await ours.perform({ way: "hook", messages, handlerMs: 0, concurrency: 64 }));
  }
  const tenth = heaps[Math.max(0, Math.floor(heaps.length / 10) - 1)]!;
  const title = `heap after ${memoryMessages.toLocaleString("en")} messages to after a tenth`;
  return [row(title, "heapMiB", [heaps.at(-1)!], [tenth], { atMost: 1.25 })];
}

function row(
  title: string,
  figure: keyof Turn,
  ours: Turn[],
  baseline: Turn[],
  budget?: Budget,
): Row {
  return { title, figure, ours, baseline, budget };
}
