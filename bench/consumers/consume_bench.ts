/**
 * Hooks against the raw client's `consume()`, a bare socket, and on Node the closest rival. Ours and
 * the others are processes of their own.
 *
 * `consume_bench.ts [--check] [--only=throughput,confirmed,slow,memory,delivery]
 * [--rounds=5] [--turn-ms=500]`
 *
 * A turn consumes as many messages as the raw client takes about that long for. The memory part
 * consumes the same messages again and again, each time by a new consumer on the server.
 * With `--check` it ends with status 3 if a budget is missed.
 *
 * @module
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { callingContestant } from "../frame/call_turn.ts";
import { contest, type Contestant } from "../frame/contest.ts";
import type { Load as CallLoad } from "../frame/load.ts";
import type { Budget, CaseResult, ContestantResult } from "../frame/model.ts";
import { type BenchOptions, parseOptions } from "../frame/options.ts";
import { type Participant, Participants } from "../frame/participant.ts";
import { report, runtime, statusOf, warnIfBusy } from "../frame/report.ts";
import { installRivals } from "../frame/rivals.ts";
import { processMicros } from "../frame/server_cpu.ts";
import type { Delivery } from "./_delivery.ts";
import { NEST_SUBJECT, type Task, type Turn } from "./_streams.ts";

const RUNTIME = runtime();
const KEYS = 100;
/** Messages of a turn for each millisecond that it should take. */
const MESSAGES_PER_MS = 120;
/** The rival consumes a tenth of that. */
const RIVAL_SHARE = 0.1;
const PAYLOAD = new Uint8Array(115).fill(7);
const RIVAL = "nestjs-jetstream";
const RIVAL_NOTE =
  "`nestjs-jetstream` acknowledges before its handler has run, and is timed from " +
  "the first event on, over a tenth of the messages.";

const PARTS: Record<string, (field: Field) => Promise<CaseResult[]>> = {
  throughput: measureThroughput,
  confirmed: measureConfirmed,
  slow: measureSlow,
  memory: measureMemory,
  // Last, since it stores further events.
  delivery: measureDelivery,
};

/** Everybody who takes part. */
interface Field {
  nc: NatsConnection;
  ours: Participant;
  raw: Participant;
  /** Exists for Node only. */
  rival: Participant | undefined;
  serverPid: number | undefined;
  options: BenchOptions;
  messages: number;
}

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(PARTS), { rounds: 5, turnMs: 500 });
  warnIfBusy();
  const messages = Math.round(options.turnMs * MESSAGES_PER_MS);
  await using server = await startNatsServer({ onProgress: () => {} });
  const nc = await connect({ servers: server.url });
  await fill(nc, messages);
  await using processes = new Participants(server.url);
  const start = (file: string, ...args: string[]) =>
    processes.start(new URL(`./${file}_process.ts`, import.meta.url), ...args);
  const field: Field = {
    nc,
    options,
    messages,
    serverPid: server.pid,
    ours: await start("consumer"),
    raw: await start("consumer"),
    rival: RUNTIME === "node"
      ? await start("nestjs_jetstream", "consumer", await installRivals("consumers"))
      : undefined,
  };
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    console.error(`measuring ${part}`);
    cases.push(...await PARTS[part]!(field));
  }
  const missed = report("Consuming with acknowledgement, 115 bytes", cases);
  await nc.close();
  return statusOf(options.isChecked, missed);
}

/** Stores what all turns consume, each from its start. */
async function fill(nc: NatsConnection, messages: number): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  await manager.streams.add({ name: "BENCH", subjects: ["bench.*"], storage: "memory" });
  await publishAll(nc, (index) => `bench.${index % KEYS}`, PAYLOAD, messages);
}

/** Sends messages without waiting for each; the last one is acknowledged when all are stored. */
async function publishAll(
  nc: NatsConnection,
  subjectOf: (index: number) => string,
  payload: Uint8Array,
  messages: number,
): Promise<void> {
  for (let index = 1; index < messages; index++) nc.publish(subjectOf(index), payload);
  await nc.flush();
  await jetstream(nc).publish(subjectOf(0), payload, { timeout: 60_000 });
}

type Load = Partial<Omit<Task, "way">>;

/** Somebody who consumes what lies in the stream. */
function consumer({ ours, raw, serverPid, messages }: Field, way: string, load: Load): Contestant {
  const isOurs = way.startsWith("hook");
  const task: Task = { way, messages, handlerMs: 0, concurrency: 64, ...load };
  return {
    name: way,
    isOurs,
    turn: () => consume(isOurs ? ours : raw, task, serverPid),
  };
}

async function consume(
  participant: Participant,
  task: Task,
  serverPid: number | undefined,
): Promise<Turn> {
  const before = await processMicros(serverPid);
  const turn = await participant.ask<Turn>("consume", task, 600_000);
  const serverMicros = (await processMicros(serverPid) - before) / task.messages;
  return { ...turn, serverMicros };
}

/** The rival's stream is a queue of work, and is filled before each turn. */
function rivalConsumer({ nc, rival, serverPid, messages }: Field, load: Load): Contestant[] {
  if (rival === undefined) return [];
  const task: Task = { way: RIVAL, messages, handlerMs: 0, concurrency: 0, ...load };
  task.messages = Math.round(task.messages * RIVAL_SHARE);
  const payload = new TextEncoder().encode(JSON.stringify(".".repeat(PAYLOAD.length - 2)));
  return [{
    name: RIVAL,
    async turn() {
      await makeRivalStream(nc);
      await publishAll(nc, () => NEST_SUBJECT, payload, task.messages);
      return await consume(rival, task, serverPid);
    },
  }];
}

/** The stream as its server module makes it, which then finds it; its consumer begins anew. */
async function makeRivalStream(nc: NatsConnection): Promise<void> {
  const { streams } = await jetstreamManager(nc, { checkAPI: false });
  const [service] = NEST_SUBJECT.split(".");
  const name = `${service}_ev-stream`;
  await streams.delete(name).catch(() => {});
  await streams.add({
    name,
    subjects: [`${service}.ev.>`],
    retention: "workqueue",
    max_consumers: 100,
    allow_direct: true,
    allow_rollup_hdrs: true,
    duplicate_window: 120_000_000_000,
  });
}

function hold(
  { options: { rounds }, messages }: Field,
  name: string,
  contestants: readonly Contestant[],
  baseline: string,
  budgets: readonly Budget[],
  note: string = "",
): Promise<CaseResult> {
  const length = `A turn without a wait has ${messages.toLocaleString("en")} messages.`;
  return contest(name, contestants, {
    rounds,
    baseline,
    ...budgets.length === 0 ? {} : { budgets },
    note: `${length} ${note}`.trimEnd(),
  });
}

async function measureThroughput(field: Field): Promise<CaseResult[]> {
  const ways = ["raw callback", "raw for await", "hook", "hook, lanes", "bare socket"];
  const rival = rivalConsumer(field, {});
  const contestants = [...ways.map((way) => consumer(field, way, {})), ...rival];
  const budgets: Budget[] = [
    { contestant: "hook", figure: "perSecond", atLeast: 1.05 },
    { contestant: "hook", figure: "perSecond", to: "raw for await", atLeast: 1.6 },
    { contestant: "hook, lanes", figure: "perSecond", to: "hook", atLeast: 0.85 },
    { contestant: "hook", figure: "writesPerAck", to: null, atMost: 0.05 },
  ];
  const note = rival.length === 0 ? "" : RIVAL_NOTE;
  return [await hold(field, "consume, no-op handler", contestants, "raw callback", budgets, note)];
}

async function measureConfirmed(field: Field): Promise<CaseResult[]> {
  const load = { messages: Math.round(field.messages / 2) };
  const contestants = ["raw ackAck", "hook, confirmed"].map((way) => consumer(field, way, load));
  const budgets: Budget[] = RUNTIME === "bun"
    ? []
    : [{ contestant: "hook, confirmed", figure: "perSecond", atLeast: 3 }];
  return [await hold(field, "consume, confirmed acks", contestants, "raw ackAck", budgets)];
}

/** A handler that takes 1 ms: 64 at once, and one at a time. */
async function measureSlow(field: Field): Promise<CaseResult[]> {
  const load = { handlerMs: 1, messages: Math.round(field.messages / 6) };
  const one = consumer(field, "hook, one at a time", {
    ...load,
    messages: Math.round(field.messages / 120),
  });
  const ideal: Contestant = {
    name: "64 times one at a time",
    async turn() {
      const { perSecond = Number.NaN } = await one.turn();
      return { perSecond: perSecond * 64 };
    },
  };
  const rival = rivalConsumer(field, load);
  const contestants = [
    consumer(field, "raw callback", load),
    consumer(field, "hook", load),
    ideal,
    consumer(field, "bare socket", load),
    ...rival,
  ];
  const budgets: Budget[] = [
    { contestant: "hook", figure: "perSecond", to: "64 times one at a time", atLeast: 0.93 },
    { contestant: "hook", figure: "mostHeld", to: null, atMost: 4_096 },
  ];
  const note = "The raw callback, the bare socket and `nestjs-jetstream` run any number of " +
    "handlers at once; a hook keeps to 64 here.";
  return [await hold(field, "consume, 1 ms handler", contestants, "raw callback", budgets, note)];
}

/** Heap after many messages, to that after a tenth of them. */
async function measureMemory(field: Field): Promise<CaseResult[]> {
  const hook = consumer(field, "hook", { isCollected: true });
  const heaps: number[] = [];
  for (let turn = 0; turn < 10; turn++) heaps.push((await hook.turn()).heapMiB!);
  const contestants: ContestantResult[] = [
    { name: "hook, after a tenth", figures: { heapMiB: [heaps[0]!] } },
    { name: "hook, at the end", isOurs: true, figures: { heapMiB: [heaps.at(-1)!] } },
  ];
  const budgets: Budget[] = [{ contestant: "hook, at the end", figure: "heapMiB", atMost: 1.25 }];
  const name = `heap after ${(10 * field.messages).toLocaleString("en")} messages`;
  return [{ name, baseline: "hook, after a tenth", contestants, budgets }];
}

/** From the publishing of an event until its handler has run, one event at a time. */
async function measureDelivery(field: Field): Promise<CaseResult[]> {
  const { ours, raw, rival, nc, serverPid, options: { rounds, turnMs } } = field;
  const deliverer = (way: string, participant: Participant, isOurs = false): Contestant => {
    const question: Delivery = { way, turnMs };
    const load = () => participant.ask<CallLoad>("deliver", question, turnMs + 60_000);
    const side = { caller: { load }, call: way, serverPid };
    return callingContestant(way, side, { inFlight: 1, turnMs }, isOurs);
  };
  const contestants = [
    deliverer("raw callback", raw),
    deliverer("raw for await", raw),
    deliverer("hook", ours, true),
    deliverer("bare socket", raw),
    ...rival === undefined ? [] : [deliverer(RIVAL, rival)],
  ];
  if (rival !== undefined) await makeRivalStream(nc);
  const note = "Of deliveries, the time goes from publishing an event until its handler has run; " +
    "whoever publishes is part of the client.";
  const name = "delivery, one event at a time";
  return [await contest(name, contestants, { rounds, turnMs, baseline: "raw callback", note })];
}
