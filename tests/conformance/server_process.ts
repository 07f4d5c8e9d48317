/**
 * The server that the official conformance runner of the Connect protocol tests:
 * `server_process.ts DESCRIPTORS [NATS_URL]`. It answers within the process or, given a nats-server,
 * over NATS.
 *
 * The runner writes a `ServerCompatRequest` to standard input and reads a `ServerCompatResponse`
 * from standard output, each behind its length in four bytes.
 *
 * @module
 */
import {
  create,
  createFileRegistry,
  createRegistry,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { rpc } from "../../src/hono/mod.ts";
import { localTransport, natsTransport, serve, type Transport } from "../../src/services/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { listenHttp } from "../_support/listen_http.ts";
import { ECHOED_HEADERS, implement, NO_TIMEOUT_MS, PACKAGE, unaryPart } from "./_service.ts";

const [descriptors = "", natsUrl] = process.argv.slice(2);
const files = createFileRegistry(
  fromBinary(FileDescriptorSetSchema, await readFile(descriptors)),
);
const service = unaryPart(files.getService(`${PACKAGE}.ConformanceService`)!);
const implementation = implement(createRegistry(...files.files));

const config = await readRequest() as Message & { messageReceiveLimit: number };
const http = await listenHttp(
  rpc(service, {
    transport: await createTransport(),
    headers: ECHOED_HEADERS,
    limits: {
      gzipFromBytes: 1,
      maxTimeoutMs: NO_TIMEOUT_MS,
      defaultTimeoutMs: NO_TIMEOUT_MS,
      ...(config.messageReceiveLimit > 0 && { maxBodyBytes: config.messageReceiveLimit }),
    },
  }).fetch as (request: Request) => Response,
);
process.on("SIGTERM", () => process.exit(0));
writeResponse({ host: "127.0.0.1", port: http.port });

async function createTransport(): Promise<Transport> {
  if (natsUrl === undefined) return localTransport().add(service, implementation);
  const nc = await connect({ servers: natsUrl });
  // A name of its own, since several servers run at once.
  const prefix = `rpc-${process.pid}`;
  await serve(nc, service, implementation, { prefix });
  return natsTransport(nc, { prefix });
}

async function readRequest(): Promise<Message> {
  const schema = files.getMessage(`${PACKAGE}.ServerCompatRequest`)!;
  let data = Buffer.alloc(0);
  for await (const chunk of process.stdin) {
    data = Buffer.concat([data, chunk as Buffer]);
    if (data.length >= 4 && data.length >= 4 + data.readUInt32BE()) break;
  }
  return fromBinary(schema, data.subarray(4, 4 + data.readUInt32BE()));
}

function writeResponse(fields: Record<string, unknown>): void {
  const schema = files.getMessage(`${PACKAGE}.ServerCompatResponse`)!;
  const message = toBinary(schema, create(schema, fields));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  process.stdout.write(Buffer.concat([length, message]));
}
