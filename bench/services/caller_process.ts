/**
 * The calling end of the benchmark: `caller_process.ts SERVER ID raw|shizuku`.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { createClient, natsTransport } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import {
  BARE,
  BYTES_SUBJECT,
  BytesService,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
  PAYLOAD,
  READING,
} from "./_contract.ts";
import { type Call, participate } from "./_participant.ts";

const [server = "", id = "", way] = process.argv.slice(2);
const nc = await connect({ servers: server });
await participate(server, id, way === "raw" ? rawCalls(nc) : typedCalls(nc));

/** What one writes without a library: `nc.request()`, and protobuf-es by hand. */
function rawCalls(nc: NatsConnection): Record<string, Call> {
  const options = { timeout: 5_000 };
  return {
    bytes: () => nc.request(BARE.bytes, PAYLOAD, options),
    service: () => nc.request(BYTES_SUBJECT, PAYLOAD, options),
    async protobuf() {
      const payload = toBinary(EchoRequestSchema, create(EchoRequestSchema, READING));
      const reply = await nc.request(BARE.protobuf, payload, options);
      return fromBinary(EchoResponseSchema, reply.data);
    },
  };
}

/** The same with everything that the library does for a call. */
function typedCalls(nc: NatsConnection): Record<string, Call> {
  const transport = natsTransport(nc);
  const bytes = createClient(transport, BytesService);
  const readings = createClient(transport, EchoService);
  return {
    bytes: () => bytes.echo(PAYLOAD),
    protobuf: () => readings.echo(READING),
  };
}
