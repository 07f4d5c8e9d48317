/**
 * Replicas, listings and watches against the official client on the same server.
 *
 * `replica_bench.ts [--check] [--keys=100000] [--rounds=7]`
 *
 * With `--check` it ends with status 1 if a budget is missed.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import { bytes } from "../../src/core/mod.ts";
import { startNatsServer } from "../../src/dev/mod.ts";
import { type Entity, entity, openBucket } from "../../src/kv/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { keep, measure } from "../core/_measure.ts";
import { takeTurns, type Turn } from "./_turns.ts";

type Items = Entity<"item.{id}", Uint8Array>;

/** What all parts measure with. */
interface Bench {
  /** Reads and watches. */
  reader: NatsConnection;
  /** Writes, so that what it sends does not stand in the reader's way. */
  writer: NatsConnection;
  items: Items;
  kv: KV;
  keys: number;
  rounds: number;
  serverPid: number | undefined;
}

const PREFIX = "$KV.items.item.";
const VALUE = new Uint8Array(115).fill(65);
const CHANGES = 20_000;
const PINGS = 500;

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean" },
      keys: { type: "string", default: "100000" },
      rounds: { type: "string", default: "7" },
    },
  });
  await using server = await startNatsServer({ onProgress: () => {} });
  const [reader, writer] = await Promise.all(
    [server.url, server.url].map((servers) => connect({ servers })),
  );
  const bucket = await openBucket(reader!, "items", { storage: "memory" });
  const bench: Bench = {
    reader: reader!,
    writer: writer!,
    items: entity(bucket, { key: "item.{id}", codec: bytes }),
    kv: await new Kvm(reader!).open("items"),
    keys: Number(values.keys),
    rounds: Number(values.rounds),
    serverPid: server.pid,
  };
  await write(bench.writer, bench.keys);
  await measureLoading(bench);
  await measureListing(bench);
  await measureGet(bench);
  await measureWatch(bench);
  await measureLatency(bench);
  await reader!.close();
  await writer!.close();
  if (process.exitCode) console.log("\nA budget is missed");
}

async function write(nc: NatsConnection, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    nc.publish(PREFIX + index, VALUE);
    if (index % 5_000 === 4_999) await nc.flush();
  }
  // The last one is acknowledged when all are stored.
  await nc.request(`${PREFIX}${count - 1}`, VALUE);
}

/** Everything into memory: a map of the official watch's entries, a replica. */
async function measureLoading({ items, kv, keys, rounds, serverPid }: Bench): Promise<void> {
  const result = await takeTurns(`loading ${keys} keys`, {
    "official watch into a map": perSecond(keys, async () => {
      const map = new Map<string, Uint8Array>();
      const watch = await kv.watch();
      for await (const { key, value } of watch) {
        map.set(key, value);
        if (map.size === keys) break;
      }
      watch.stop();
    }),
    "replica": perSecond(keys, async () => {
      await using replica = items.replica();
      await replica.ready;
      if (replica.size !== keys) throw new Error(`It holds ${replica.size} keys`);
    }),
  }, { unit: "keys/s", operations: keys, rounds, serverPid });
  keep([
    { name: "replica: keys loaded per second", value: result.replica.median, min: 150_000 },
    { name: "replica: loading to the official watch", value: result.replica.ratio, min: 1.1 },
  ]);
}

async function measureListing({ items, kv, keys, rounds, serverPid }: Bench): Promise<void> {
  const count = async (list: AsyncIterable<unknown>) => {
    let count = 0;
    for await (const _ of list) count++;
    if (count !== keys) throw new Error(`There are ${count}`);
  };
  const result = await takeTurns(`listing ${keys} keys`, {
    "official keys()": perSecond(keys, async () => await count(await kv.keys())),
    "keys()": perSecond(keys, async () => await count(items.keys())),
    "entries()": perSecond(keys, async () => await count(items.entries())),
    "count()": perSecond(keys, async () => void await items.count()),
  }, { unit: "keys/s", operations: keys, rounds, serverPid });
  keep([
    { name: "keys(): to the official keys()", value: result["keys()"].ratio, min: 1.1 },
    { name: "count(): to the official keys()", value: result["count()"].ratio, min: 1.2 },
  ]);
}

async function measureGet({ items, keys }: Bench): Promise<void> {
  await using replica = items.replica();
  await replica.ready;
  const wanted = Array.from({ length: 1_024 }, (_, index) => ({ id: `${index * 61 % keys}` }));
  const plain = new Map(wanted.map(({ id }) => [id, VALUE]));
  const { get } = await measure("reading a value", {
    "a map": (times) => {
      for (let index = 0; index < times; index++) plain.get(wanted[index & 1_023]!.id);
    },
    "get": (times) => {
      for (let index = 0; index < times; index++) replica.get(wanted[index & 1_023]!);
    },
  });
  keep([{ name: "replica.get: million per second", value: 1e3 / get.ns, min: 5 }]);
}

async function measureWatch(bench: Bench): Promise<void> {
  const { items, kv, writer, rounds, serverPid } = bench;
  const result = await takeTurns(`${CHANGES} changes through a watch`, {
    "official": perSecondOf(CHANGES, async (onReady) => {
      const watch = await kv.watch({ include: "updates" as never });
      onReady(() => void write(writer, CHANGES));
      let count = 0;
      for await (const _ of watch) if (++count === CHANGES) break;
      watch.stop();
    }),
    "watch()": perSecondOf(CHANGES, async (onReady) => {
      const { revision } = await items.put({ id: "last" }, VALUE);
      let count = 0;
      for await (const event of items.watch({}, { from: revision })) {
        if (event.type === "ready") onReady(() => void write(writer, CHANGES));
        else if (++count === CHANGES) break;
      }
    }),
    "replica": perSecondOf(CHANGES, async (onReady) => {
      const { revision } = await items.put({ id: "last" }, VALUE);
      await using replica = items.replica();
      await replica.ready;
      onReady(() => void write(writer, CHANGES));
      await replica.waitFor(revision + CHANGES, { timeoutMs: 30_000 });
    }),
  }, { unit: "changes/s", operations: CHANGES, rounds, serverPid });
  keep([{ name: "watch(): changes to the official's", value: result["watch()"].ratio, min: 1 }]);
}

/** From before a write to the event of it, one at a time. */
async function measureLatency({ items, kv, writer, rounds, serverPid }: Bench): Promise<void> {
  const ping = () => writer.publish(`${PREFIX}ping`, VALUE);
  const result = await takeTurns("a write until it is seen", {
    "official": async () => {
      const watch = await kv.watch({ key: "item.ping", include: "updates" as never });
      const times = await pings(watch, ping, () => true);
      watch.stop();
      return times;
    },
    "watch()": async () => {
      await items.put({ id: "ping" }, VALUE);
      const watch = items.watch({ id: "ping" });
      await watch.next(); // the value
      await watch.next(); // ready
      const times = await pings(watch, ping, (event) => event.type === "entry");
      await watch.return?.();
      return times;
    },
  }, { unit: "ms, median of each turn", operations: PINGS, rounds, serverPid });
  keep([{ name: "watch(): time to the official's", value: result["watch()"].ratio, max: 1.15 }]);
}

async function pings<T>(
  events: AsyncIterable<T>,
  ping: () => void,
  isWanted: (event: T) => boolean,
): Promise<number[]> {
  const iterator = events[Symbol.asyncIterator]();
  const times: number[] = [];
  while (times.length < PINGS) {
    const startedAt = performance.now();
    ping();
    let next = await iterator.next();
    while (!next.done && !isWanted(next.value)) next = await iterator.next();
    times.push(performance.now() - startedAt);
  }
  return times;
}

function perSecond(count: number, work: () => Promise<void>): Turn {
  return async () => {
    const startedAt = performance.now();
    await work();
    return count / (performance.now() - startedAt) * 1_000;
  };
}

/** The time that counts begins when the work is ready for what is started then. */
function perSecondOf(
  count: number,
  work: (onReady: (start: () => void) => void) => Promise<void>,
): Turn {
  return async () => {
    let startedAt = 0;
    await work((start) => {
      startedAt = performance.now();
      start();
    });
    return count / (performance.now() - startedAt) * 1_000;
  };
}
