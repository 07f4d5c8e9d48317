/**
 * A process that holds many subscriptions, or has many calls under way: `holder_process.ts SERVER ID
 * raw|micro|shizuku`.
 *
 * @module
 */
import type { NatsConnection } from "@nats-io/nats-core";
import { Svcm } from "@nats-io/services";
import process from "node:process";
import { bytes } from "../../src/core/mod.ts";
import {
  createClient,
  defineService,
  type MethodDefinitions,
  natsTransport,
  serve,
} from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { memoryMiB } from "../frame/load.ts";
import type { Sample } from "../frame/model.ts";
import { participate } from "../frame/participant.ts";
import { PAYLOAD } from "../services/_contract.ts";
import { usedBytes } from "./_heap.ts";
import { SILENT_METHOD, SILENT_SERVICE, SILENT_SUBJECT } from "./_silent.ts";

const TIMEOUT_MS = 300_000;

const [server = "", id = "", way = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
await participate(server, id, { tasks: { subscribe, call } });

/** Subscribes to so many subjects, each for a method that nobody calls. */
async function subscribe(count: number): Promise<Sample> {
  return await measure(count, async () => {
    if (way === "shizuku") await serveMethods(nc, count);
    else if (way === "micro") await addEndpoints(nc, count);
    else {
      for (let index = 0; index < count; index++) {
        nc.subscribe(`raw.${index}`, { callback: (_, message) => void message.respond() });
      }
    }
    await nc.flush();
  });
}

async function serveMethods(nc: NatsConnection, count: number): Promise<void> {
  const methods: Record<string, MethodDefinitions[string]> = {};
  for (let index = 0; index < count; index++) {
    methods[`m${index}`] = { input: bytes, output: bytes };
  }
  const service = defineService("memory.v1.MemoryService", methods);
  const echo = (request: Uint8Array) => request;
  const names = Object.keys(methods);
  await serve(nc, service, Object.fromEntries(names.map((name) => [name, echo])));
}

async function addEndpoints(nc: NatsConnection, count: number): Promise<void> {
  // It brings its own, older copy of nats-core, of which only the types differ.
  const service = await new Svcm(nc as never).add({ name: "memory", version: "1.0.0" });
  for (let index = 0; index < count; index++) {
    service.addEndpoint(`m${index}`, { handler: (_, message) => void message.respond() });
  }
}

/** Makes so many calls at once that nobody answers. */
async function call(count: number): Promise<Sample> {
  const client = createClient(
    natsTransport(nc),
    defineService(SILENT_SERVICE, { [SILENT_METHOD]: { input: bytes, output: bytes } }),
  );
  const ours = () => client[SILENT_METHOD]!(PAYLOAD, { timeoutMs: TIMEOUT_MS });
  const raw = () => nc.request(SILENT_SUBJECT, PAYLOAD, { timeout: TIMEOUT_MS });
  const one = way === "shizuku" ? ours : raw;
  const calls: Promise<unknown>[] = new Array(count);
  return await measure(count, async () => {
    for (let index = 0; index < count; index++) {
      calls[index] = one();
      calls[index]!.catch(() => {});
      if (index % 1_000 === 999) await nc.flush();
    }
  });
}

async function measure(count: number, work: () => Promise<void>): Promise<Sample> {
  const before = usedBytes();
  const startedAt = performance.now();
  await work();
  const startMs = performance.now() - startedAt;
  return { bytesEach: (usedBytes() - before) / count, memoryMiB: memoryMiB(), startMs };
}
