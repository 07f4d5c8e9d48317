/**
 * The consuming end of the benchmark: `consumer_process.ts SERVER ID`.
 *
 * @module
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import process from "node:process";
import { createConsumer, defineHook, type HookOptions } from "../../src/consumers/mod.ts";
import { bytes } from "../../src/core/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { FloorConnection } from "../frame/floor_connection.ts";
import { collectGarbage } from "../frame/heap.ts";
import { cpuMicros, type Load, memoryMiB } from "../frame/load.ts";
import { participate } from "../frame/participant.ts";
import { pause, PAYLOAD } from "../services/_contract.ts";
import { countWrites } from "./_counted_writes.ts";
import { deliverOneByOne, type Delivery } from "./_delivery.ts";
import type { Task, Turn } from "./_streams.ts";

const [server = "", id = ""] = process.argv.slice(2);
const writes = countWrites();
const nc = await connect({ servers: server });
const manager = await jetstreamManager(nc, { checkAPI: false });
let turns = 0;

const WAYS: Record<string, (task: Task, name: string, done: () => boolean) => Promise<Stop>> = {
  "hook": hook({}),
  "hook, one at a time": hook({ concurrency: 1 }),
  "hook, lanes": hook({ key: (_event, ctx) => ctx.params["key"]! }),
  "hook, confirmed": hook({ ack: "confirmed" }),
  "raw callback": rawCallback,
  "raw for await": rawIterator,
  "raw ackAck": rawAckAck,
  "bare socket": bareSocket,
};

/** Ends a way of consuming. */
type Stop = () => Promise<void>;

await participate(server, id, { tasks: { consume: perform, deliver } });

/** Makes the durable of a turn; gives its name. */
async function addConsumer(deliver_policy: "all" | "new"): Promise<string> {
  const name = `turn_${id}-${++turns}`;
  await manager.consumers.add("BENCH", {
    durable_name: name,
    deliver_policy,
    ack_policy: "explicit",
    max_ack_pending: 20_000,
    filter_subject: "bench.*",
    ack_wait: 30_000_000_000,
    max_deliver: -1,
  });
  return name;
}

async function perform(task: Task): Promise<Turn> {
  const run = WAYS[task.way];
  if (run === undefined) throw new Error(`Cannot consume by "${task.way}": unknown`);
  const name = await addConsumer("all");
  let left = task.messages;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => finish = resolve);
  const watch = watchHeld(name);
  const [cpuBefore, writesBefore, startedAt] = [cpuMicros(), writes.count, performance.now()];
  const stop = await run(task, name, () => {
    if (--left === 0) finish();
    return left >= 0;
  });
  await finished;
  const elapsedMs = performance.now() - startedAt;
  const [cpu, written] = [cpuMicros() - cpuBefore, writes.count - writesBefore];
  await stop();
  const mostHeld = await watch();
  await manager.consumers.delete("BENCH", name);
  if (task.isCollected) collectGarbage();
  return {
    perSecond: task.messages / elapsedMs * 1_000,
    clientMicros: cpu / task.messages,
    memoryMiB: memoryMiB(),
    writesPerAck: written / task.messages,
    mostHeld,
    heapMiB: process.memoryUsage().heapUsed / 1_048_576,
  };
}

/** Has events that are published one by one. */
async function deliver({ way, turnMs }: Delivery): Promise<Load> {
  const name = await addConsumer("new");
  const publisher = await connect({ servers: server });
  const task: Task = { way, messages: 0, handlerMs: 0, concurrency: 64 };
  const start = (onHandled: () => void) =>
    WAYS[way]!(task, name, () => {
      onHandled();
      return true;
    });
  const load = await deliverOneByOne(turnMs, start, () => publisher.publish("bench.0", PAYLOAD));
  await publisher.close();
  await manager.consumers.delete("BENCH", name);
  return load;
}

/** Asks the server now and then how much is delivered and not acknowledged. */
function watchHeld(name: string): () => Promise<number> {
  let most = 0;
  let isOver = false;
  const watch = async () => {
    while (!isOver) {
      const { num_ack_pending } = await manager.consumers.info("BENCH", name);
      most = Math.max(most, num_ack_pending);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return most;
  };
  const watching = watch();
  return () => {
    isOver = true;
    return watching;
  };
}

function wait(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : pause(ms);
}

/** A hook with an awaited processor; metrics and leases are always on. */
function hook(options: Partial<HookOptions<Uint8Array>>): (typeof WAYS)[string] {
  return async (task, name, done) => {
    const definition = defineHook(
      { subject: "bench.{key}", codec: bytes },
      { concurrency: task.concurrency, name: name.slice("turn_".length), ...options },
      async () => {
        await wait(task.handlerMs);
        done();
      },
    );
    // The durable is named after component and hook, and is there already.
    const consumer = await createConsumer(nc, definition, { component: "turn" });
    return () => consumer.stop();
  };
}

/** What one writes without a library: a callback that acknowledges, after its handler if there is one. */
async function rawCallback(task: Task, name: string, done: () => boolean): Promise<Stop> {
  const consumer = await jetstream(nc).consumers.get("BENCH", name);
  const messages = await consumer.consume({
    max_messages: 1_000,
    callback(message) {
      const end = () => {
        message.ack();
        done();
      };
      if (task.handlerMs === 0) end();
      else void wait(task.handlerMs).then(end);
    },
  });
  return async () => {
    await messages.close();
  };
}

async function rawIterator(task: Task, name: string, done: () => boolean): Promise<Stop> {
  const consumer = await jetstream(nc).consumers.get("BENCH", name);
  const messages = await consumer.consume({ max_messages: 1_000 });
  const run = async () => {
    for await (const message of messages) {
      await wait(task.handlerMs);
      message.ack();
      done();
    }
  };
  void run();
  return async () => {
    await messages.close();
  };
}

/** The double ack, pipelined: the callback does not wait for the one before. */
async function rawAckAck(_task: Task, name: string, done: () => boolean): Promise<Stop> {
  const consumer = await jetstream(nc).consumers.get("BENCH", name);
  let isOver = false;
  // What comes after the last one of the turn is acknowledged to a consumer that is gone.
  const fail = (error: unknown) => {
    if (!isOver) throw error;
  };
  const messages = await consumer.consume({
    max_messages: 1_000,
    callback: (message) => void message.ackAck().then(done, fail),
  });
  return async () => {
    isOver = true;
    await messages.close();
  };
}

/** A socket that asks for messages, and acknowledges each, in the protocol by hand. */
async function bareSocket(task: Task, name: string, done: () => boolean): Promise<Stop> {
  const [batch, inbox, nothing] = [5_000, `_INBOX.${name}`, new Uint8Array()];
  const request = new TextEncoder().encode(JSON.stringify({ batch, expires: 30_000_000_000 }));
  const connection = await FloorConnection.open(server);
  const ask = () => connection.publish(`$JS.API.CONSUMER.MSG.NEXT.BENCH.${name}`, request, inbox);
  let received = 0;
  connection.subscribe(inbox, (_payload, reply) => {
    // What bears no such subject is a status, such as that the request has ended.
    if (!reply.startsWith("$JS.ACK.")) return;
    if (++received % batch === 0) ask();
    const end = () => {
      connection.publish(reply, nothing);
      done();
    };
    if (task.handlerMs === 0) end();
    else void pause(task.handlerMs).then(end);
  });
  ask();
  ask();
  return () => connection.close();
}
