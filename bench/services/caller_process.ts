/**
 * The calling end of the benchmark: `caller_process.ts SERVER ID raw|floor|shizuku`.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { headers as createHeaders, type NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { createClient, natsTransport } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { FloorConnection, floorRequests } from "../frame/floor_connection.ts";
import { type Call, participate } from "../frame/participant.ts";
import {
  BytesService,
  checkEcho,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
  HEADERS,
  PAYLOAD,
  READING,
  SUBJECTS,
} from "./_contract.ts";

const WAYS = { raw: rawCalls, floor: floorCalls, shizuku: typedCalls };

const [server = "", id = "", way = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
const calls = await WAYS[way as keyof typeof WAYS](nc);
await participate(server, id, { calls, check: checkEcho });

/** What one writes without a library: `nc.request()`, and protobuf-es by hand. */
function rawCalls(nc: NatsConnection): Record<string, Call> {
  const calls: Record<string, Call> = {};
  for (const [name, { bytes, protobuf, wait }] of Object.entries(SUBJECTS)) {
    if (name === "floor") continue;
    for (const suffix of ["", ", headers"]) {
      const options = () =>
        suffix === "" ? { timeout: 5_000 } : { timeout: 5_000, headers: freshHeaders() };
      calls[`${name}: bytes${suffix}`] = () => nc.request(bytes, PAYLOAD, options());
      calls[`${name}: protobuf${suffix}`] = async () => {
        const payload = toBinary(EchoRequestSchema, create(EchoRequestSchema, READING));
        const reply = await nc.request(protobuf, payload, options());
        return fromBinary(EchoResponseSchema, reply.data);
      };
    }
    calls[`${name}: wait`] = () => nc.request(wait, PAYLOAD, { timeout: 5_000 });
  }
  return calls;
}

function freshHeaders(): ReturnType<typeof createHeaders> {
  const headers = createHeaders();
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return headers;
}

/** The same with everything that the library does for a call. */
function typedCalls(nc: NatsConnection): Record<string, Call> {
  const transport = natsTransport(nc);
  const bytes = createClient(transport, BytesService);
  const readings = createClient(transport, EchoService);
  return {
    "bytes": () => bytes.echo(PAYLOAD),
    "protobuf": () => readings.echo(READING),
    "bytes, headers": () => bytes.echo(PAYLOAD, { headers: { ...HEADERS } }),
    "protobuf, headers": () => readings.echo(READING, { headers: { ...HEADERS } }),
    "wait": () => bytes.wait(PAYLOAD),
  };
}

/** Bytes and nothing but bytes, over a socket that speaks the protocol by hand. */
async function floorCalls(): Promise<Record<string, Call>> {
  const request = floorRequests(await FloorConnection.open(server), "_INBOX.floor");
  const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `NATS/1.0\r\n${lines.join("")}\r\n`;
  const { bytes, protobuf, wait } = SUBJECTS.floor;
  const reading = toBinary(EchoRequestSchema, create(EchoRequestSchema, READING));
  const echoed = async (head: string) =>
    fromBinary(EchoResponseSchema, await request(protobuf, reading, head));
  return {
    "bytes": () => request(bytes, PAYLOAD),
    "protobuf": () => echoed(""),
    "bytes, headers": () => request(bytes, PAYLOAD, head),
    "protobuf, headers": () => echoed(head),
    "wait": () => request(wait, PAYLOAD),
  };
}
