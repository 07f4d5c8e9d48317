import type { ChartChoice } from "./charts.ts";
import type { Runtime } from "./model.ts";
import type { Turns } from "./schedule.ts";

/** A bench: what `deno task bench NAME` runs. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  /** Scripts, each a process of its own; a file that is not there is no part of it. */
  readonly files: readonly string[];
  /** How it is measured unless somebody asks for more. */
  readonly turns: Turns;
  /** How it is measured for a first look. */
  readonly quick: Turns;
  /** About how long all of it takes on one runtime, on two cores. */
  readonly seconds: number;
  /** Runtimes that it runs on. Default: all. */
  readonly runtimes?: readonly Runtime[];
  /** Packages whose versions matter. */
  readonly packages: readonly string[];
  /** Folder of `bench` whose rivals take part, on Node. */
  readonly rivals?: "services" | "consumers";
  /** Whether its first chart stands in the README. */
  readonly isInReadme?: boolean;
  /** The first one is named after the bench, others have a suffix. */
  readonly charts: Readonly<Record<string, ChartChoice>>;
}

const QUICK: Turns = { rounds: 3, turnMs: 100 };
const NATS = "@nats-io/nats-core";
const TO_RAW = "Operations per second to those of the raw client, median of the rounds";

/** All benches, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  {
    name: "rpc",
    title: "Requests and replies",
    files: ["bench/services/rpc_bench.ts"],
    turns: { rounds: 5, turnMs: 200 },
    quick: QUICK,
    seconds: 110,
    packages: [NATS, "@nats-io/services", "@bufbuild/protobuf"],
    rivals: "services",
    isInReadme: true,
    charts: {
      "": {
        title: "Requests and replies, 64 in flight",
        subtitle: TO_RAW,
        kind: "ratio",
        cases: ["echo, bytes, 64 "],
      },
      "_1024": {
        title: "Requests and replies, 1,024 in flight, bytes and ten fields",
        subtitle: TO_RAW,
        kind: "ratio",
        cases: ["echo, bytes, 1,024 ", "echo, protobuf, 1,024 "],
      },
    },
  },
  {
    name: "publish",
    title: "Publishing with acknowledgement",
    files: ["bench/consumers/publish_bench.ts"],
    turns: { rounds: 5, turnMs: 250 },
    quick: QUICK,
    seconds: 75,
    packages: [NATS, "@nats-io/jetstream", "@bufbuild/protobuf"],
    rivals: "consumers",
    isInReadme: true,
    charts: {
      "": {
        title: "Publishing events with acknowledgement and message id",
        subtitle: TO_RAW,
        kind: "ratio",
        cases: ["publish, file, 64 "],
      },
      "_bulk": {
        title: "Publishing many events, memory",
        subtitle: TO_RAW,
        kind: "ratio",
        cases: ["bulk, memory"],
      },
    },
  },
  {
    name: "consume",
    title: "Consuming with acknowledgement",
    files: ["bench/consumers/consume_bench.ts"],
    turns: { rounds: 5, turnMs: 300 },
    quick: QUICK,
    seconds: 65,
    packages: [NATS, "@nats-io/jetstream"],
    rivals: "consumers",
    isInReadme: true,
    charts: {
      "": {
        title: "Hooks: consuming events with acknowledgement",
        subtitle: "Events per second to those of the raw client's callback",
        kind: "ratio",
        cases: ["consume, no-op"],
      },
    },
  },
  {
    name: "kv",
    title: "Key-value store",
    files: ["bench/kv/kv_bench.ts"],
    turns: { rounds: 5, turnMs: 250 },
    quick: QUICK,
    seconds: 40,
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv"],
    isInReadme: true,
    charts: {
      "": {
        title: "Key-value store",
        subtitle: "Operations per second to those of the official client",
        kind: "ratio",
        cases: ["put, 64 ", "get, 64 ", "update, 64 "],
      },
    },
  },
  {
    name: "replica",
    title: "Replicas, listings and watches",
    files: ["bench/kv/replica_bench.ts"],
    turns: { rounds: 5 },
    quick: { rounds: 2, more: ["--keys=20000"] },
    seconds: 45,
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv"],
    charts: {
      "": {
        title: "Replicas, listings and watches",
        subtitle: "Keys and changes per second to those of the official client",
        kind: "ratio",
        cases: ["loading", "listing", "changes"],
      },
    },
  },
  {
    name: "locks",
    title: "Locks",
    files: ["bench/kv/locks_bench.ts"],
    turns: { rounds: 5, turnMs: 300 },
    quick: { rounds: 2, turnMs: 100 },
    seconds: 75,
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv"],
    isInReadme: true,
    charts: {
      "": {
        title: "Handing a lock on",
        subtitle: "Milliseconds from one's release to the next one's grant, median; less is better",
        kind: "value",
        cases: ["hand-off"],
      },
    },
  },
  {
    name: "http",
    title: "RPC over HTTP",
    files: ["bench/hono/http_bench.ts"],
    turns: { rounds: 5, turnMs: 300 },
    quick: QUICK,
    seconds: 40,
    packages: ["hono", "@connectrpc/connect", "@bufbuild/protobuf", NATS],
    isInReadme: true,
    charts: {
      "": {
        title: "Unary calls over HTTP",
        subtitle: "Calls per second to those of the first way of each group",
        kind: "ratio",
        cases: ["unary, JSON in process, 64 ", "unary, binary through NATS, 64 "],
      },
    },
  },
  {
    name: "connection",
    title: "The border to the client",
    files: ["bench/connection/request_bench.ts"],
    turns: { rounds: 5 },
    quick: { rounds: 2 },
    seconds: 60,
    packages: [NATS, "@nats-io/jetstream"],
    charts: {
      "": {
        title: "The border to the client, 64 in flight",
        subtitle: TO_RAW,
        kind: "ratio",
        cases: ["request and reply, 64 ", "JetStream publish with ack, 64 "],
      },
    },
  },
  {
    name: "core",
    title: "Subjects, codecs, contexts and layers",
    files: ["subject", "codec", "context", "layers"].map((name) => `bench/core/${name}_bench.ts`),
    turns: { rounds: 21 },
    quick: { rounds: 3 },
    seconds: 60,
    packages: ["@bufbuild/protobuf"],
    charts: {
      "": {
        title: "Layers around a processor that does nothing",
        subtitle: "Nanoseconds a call; less is better",
        kind: "value",
        cases: ["five layers", "layers that ship"],
      },
    },
  },
  {
    name: "component",
    title: "Components: shared calls, and applications in tests",
    files: ["bench/component/call_bench.ts", "bench/dev/test_app_bench.ts"],
    turns: { rounds: 15 },
    quick: { rounds: 3 },
    seconds: 15,
    packages: [NATS],
    charts: {
      "": {
        title: "Calls of what another component shares",
        subtitle: "Nanoseconds a call; less is better",
        kind: "value",
        cases: ["a method that answers"],
      },
    },
  },
  {
    name: "start",
    title: "Import time",
    files: ["bench/start/import_bench.ts"],
    turns: { rounds: 7 },
    quick: { rounds: 2 },
    seconds: 50,
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv", "@bufbuild/protobuf", "hono", "esbuild"],
    rivals: "services",
    isInReadme: true,
    charts: {
      "": {
        title: "Importing what an application needs",
        subtitle:
          "Milliseconds until all is loaded: NATS, JetStream, buckets, protobuf, HTTP; less is better",
        kind: "value",
        cases: ["what an application imports"],
      },
    },
  },
  {
    name: "size",
    title: "Size of the entry points",
    files: ["bench/size/size_bench.ts"],
    turns: {},
    quick: {},
    seconds: 15,
    runtimes: ["deno"],
    packages: ["esbuild"],
    charts: {
      "": {
        title: "What an entry point adds",
        subtitle: "Bytes, minified and gzipped, without packages and what is below it",
        kind: "value",
      },
    },
  },
  {
    name: "memory",
    title: "Memory",
    files: ["bench/memory/memory_bench.ts"],
    turns: { rounds: 3 },
    quick: { rounds: 1 },
    seconds: 65,
    packages: [NATS, "@nats-io/services"],
    rivals: "services",
    isInReadme: true,
    charts: {
      "": {
        title: "Memory of what is idle or under way",
        subtitle: "Bytes for each; less is better",
        kind: "value",
      },
    },
  },
  {
    name: "growth",
    title: "Growth from 1 to 1,000",
    files: ["bench/growth/growth_bench.ts"],
    turns: { rounds: 3 },
    quick: { rounds: 1 },
    seconds: 90,
    packages: [NATS, "@nats-io/jetstream", "@nats-io/kv", "@nats-io/services"],
    charts: {
      "": {
        title: "Time of one operation as their number grows",
        subtitle: "One at a time over a connection on the same machine",
        kind: "curves",
        figure: "p50Ms",
      },
      "_start": {
        title: "Time to start as their number grows",
        subtitle: "From the first call until all are ready",
        kind: "curves",
        figure: "startMs",
      },
    },
  },
];

/**
 * Finds benches by their names; a word that is no name chooses scripts by a part of their path.
 *
 * @param words Without any, all benches are meant.
 * @throws {Error} If a word chooses nothing.
 */
export function chooseBenches(
  words: readonly string[],
  benches: readonly Bench[] = BENCHES,
): Bench[] {
  if (words.length === 0) return [...benches];
  const chosen = words.flatMap((word) => {
    const named = benches.filter(({ name }) => name === word);
    const found = named.length > 0 ? named : withFiles(benches, word);
    if (found.length > 0) return found;
    const names = benches.map(({ name }) => name).join(", ");
    throw new Error(`Cannot measure "${word}": there are ${names}`);
  });
  return benches.flatMap((bench) => {
    const own = chosen.filter(({ name }) => name === bench.name);
    return own.length === 0 ? [] : [{ ...bench, files: [...new Set(own.flatMap((b) => b.files))] }];
  });
}

function withFiles(benches: readonly Bench[], part: string): Bench[] {
  return benches.map((bench) => ({
    ...bench,
    files: bench.files.filter((file) => file.includes(part)),
  })).filter(({ files }) => files.length > 0);
}
