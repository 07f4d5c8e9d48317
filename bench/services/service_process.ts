/**
 * The answering end of the benchmark: `service_process.ts SERVER ID bare|micro|floor|shizuku`.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NatsConnection } from "@nats-io/nats-core";
import { type ServiceHandler, Svcm } from "@nats-io/services";
import process from "node:process";
import { serve } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { FloorConnection } from "../frame/floor_connection.ts";
import { participate } from "../frame/participant.ts";
import {
  BytesService,
  echoReading,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
  pause,
  SUBJECTS,
} from "./_contract.ts";

const WAYS: Record<string, (nc: NatsConnection) => unknown> = {
  bare: answerBare,
  micro: serveMicro,
  floor: answerFloor,
  shizuku: serveOurs,
};

const [server = "", id = "", way = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
await WAYS[way]!(nc);
await nc.flush();
await participate(server, id);

async function serveOurs(nc: NatsConnection): Promise<void> {
  const wait = async (request: Uint8Array) => {
    await pause(1);
    return request;
  };
  await serve(nc, BytesService, { echo: (request) => request, wait }, { maxConcurrent: 10_000 });
  await serve(nc, EchoService, { echo: echoReading }, { maxConcurrent: 10_000 });
}

/** What one writes without a library: a callback that responds, and protobuf-es by hand. */
function answerBare(nc: NatsConnection): void {
  const { bytes, protobuf, wait } = SUBJECTS.bare;
  nc.subscribe(bytes, { callback: (_error, message) => void message.respond(message.data) });
  nc.subscribe(protobuf, {
    callback: (_error, message) => void message.respond(answerReading(message.data)),
  });
  nc.subscribe(wait, {
    callback: (_error, message) => void pause(1).then(() => message.respond(message.data)),
  });
}

/** The official package for services. */
async function serveMicro(nc: NatsConnection): Promise<void> {
  // It brings its own, older copy of nats-core, of which only the types differ.
  const service = await new Svcm(nc as never).add({ name: "micro", version: "1.0.0" });
  const handlers: Record<keyof typeof SUBJECTS.micro, ServiceHandler> = {
    bytes: (_error, message) => void message.respond(message.data),
    protobuf: (_error, message) => void message.respond(answerReading(message.data)),
    wait: (_error, message) => void pause(1).then(() => message.respond(message.data)),
  };
  for (const [name, handler] of Object.entries(handlers)) {
    const subject = SUBJECTS.micro[name as keyof typeof handlers];
    service.addEndpoint(name, { subject, handler });
  }
}

/** A socket that speaks the protocol by hand; it knows nothing of protobuf. */
async function answerFloor(): Promise<void> {
  const floor = await FloorConnection.open(server);
  const { bytes, protobuf, wait } = SUBJECTS.floor;
  for (const subject of [bytes, protobuf]) {
    floor.subscribe(subject, (payload, reply) => floor.publish(reply, payload));
  }
  floor.subscribe(wait, (payload, reply) => {
    void pause(1).then(() => floor.publish(reply, payload));
  });
  await floor.flush();
}

function answerReading(payload: Uint8Array): Uint8Array {
  const response = echoReading(fromBinary(EchoRequestSchema, payload));
  return toBinary(EchoResponseSchema, create(EchoResponseSchema, response));
}
