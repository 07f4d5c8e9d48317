/**
 * The answering end of the benchmark: `service_process.ts SERVER ID bare|shizuku`.
 *
 * @module
 */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { NatsConnection } from "@nats-io/nats-core";
import process from "node:process";
import { serve } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import {
  BARE,
  BytesService,
  echoReading,
  EchoRequestSchema,
  EchoResponseSchema,
  EchoService,
} from "./_contract.ts";
import { participate } from "./_participant.ts";

const [server = "", id = "", way] = process.argv.slice(2);
const nc = await connect({ servers: server });
if (way === "bare") answerBare(nc);
else {
  await serve(nc, BytesService, { echo: (request) => request }, { maxConcurrent: 10_000 });
  await serve(nc, EchoService, { echo: echoReading }, { maxConcurrent: 10_000 });
}
await nc.flush();
await participate(server, id);

/** What one writes without a library: a callback that responds, and protobuf-es by hand. */
function answerBare(nc: NatsConnection): void {
  nc.subscribe(BARE.bytes, { callback: (_error, message) => void message.respond(message.data) });
  nc.subscribe(BARE.protobuf, {
    callback(_error, message) {
      const response = echoReading(fromBinary(EchoRequestSchema, message.data));
      message.respond(toBinary(EchoResponseSchema, create(EchoResponseSchema, response)));
    },
  });
}
