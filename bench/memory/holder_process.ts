/**
 * A process that holds many subscriptions, or has many calls under way: `holder_process.ts SERVER ID
 * raw|floor|micro|shizuku`.
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
import { FloorConnection, floorRequests } from "../frame/floor_connection.ts";
import type { Sample } from "../frame/model.ts";
import { participate } from "../frame/participant.ts";
import { PAYLOAD } from "../services/_contract.ts";
import { holdCalls, measured, TIMEOUT_MS } from "./_measured.ts";
import { SILENT_METHOD, SILENT_SERVICE, SILENT_SUBJECT } from "./_silent.ts";

const SUBSCRIBE: Record<string, (count: number) => Promise<void>> = {
  raw: subscribeRaw,
  floor: subscribeFloor,
  micro: addEndpoints,
  shizuku: serveMethods,
};
const CALL: Record<string, () => () => Promise<unknown>> = {
  raw: () => () => nc.request(SILENT_SUBJECT, PAYLOAD, { timeout: TIMEOUT_MS }),
  floor: callFloor,
  shizuku: callTyped,
};

const [server = "", id = "", way = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
const floor = await FloorConnection.open(server);
await participate(server, id, { tasks: { subscribe, call } });

/** Subscribes to so many subjects, each for a method that nobody calls. */
function subscribe(count: number): Promise<Sample> {
  return measured(count, () => SUBSCRIBE[way]!(count));
}

/** Makes so many calls at once that nobody answers. */
function call(count: number): Promise<Sample> {
  return holdCalls(count, CALL[way]!(), () => way === "floor" ? floor.flush() : nc.flush());
}

async function subscribeRaw(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    nc.subscribe(`raw.${index}`, { callback: (_, message) => void message.respond() });
  }
  await nc.flush();
}

async function subscribeFloor(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    floor.subscribe(`floor.${index}`, (payload, reply) => floor.publish(reply, payload));
  }
  await floor.flush();
}

async function serveMethods(count: number): Promise<void> {
  const methods: Record<string, MethodDefinitions[string]> = {};
  for (let index = 0; index < count; index++) {
    methods[`m${index}`] = { input: bytes, output: bytes };
  }
  const service = defineService("memory.v1.MemoryService", methods);
  const echo = (request: Uint8Array) => request;
  const names = Object.keys(methods);
  await serve(nc, service, Object.fromEntries(names.map((name) => [name, echo])));
  await nc.flush();
}

async function addEndpoints(count: number): Promise<void> {
  // It brings its own, older copy of nats-core, of which only the types differ.
  const service = await new Svcm(nc as NatsConnection as never)
    .add({ name: "memory", version: "1.0.0" });
  for (let index = 0; index < count; index++) {
    service.addEndpoint(`m${index}`, { handler: (_, message) => void message.respond() });
  }
  await nc.flush();
}

function callTyped(): () => Promise<unknown> {
  const client = createClient(
    natsTransport(nc),
    defineService(SILENT_SERVICE, { [SILENT_METHOD]: { input: bytes, output: bytes } }),
  );
  return () => client[SILENT_METHOD]!(PAYLOAD, { timeoutMs: TIMEOUT_MS });
}

function callFloor(): () => Promise<unknown> {
  const request = floorRequests(floor, "_INBOX.floor");
  return () => request(SILENT_SUBJECT, PAYLOAD);
}
