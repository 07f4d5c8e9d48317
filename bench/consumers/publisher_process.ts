/**
 * The publishing end of the benchmark: `publisher_process.ts SERVER ID raw|floor|shizuku`.
 *
 * @module
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { jetstream } from "@nats-io/jetstream";
import { type NatsConnection, nuid } from "@nats-io/nats-core";
import process from "node:process";
import { createPublisher, defineEvent } from "../../src/consumers/mod.ts";
import { bytes } from "../../src/core/mod.ts";
import { connect } from "../../src/transport/node.ts";
import { FloorConnection, floorRequests } from "../frame/floor_connection.ts";
import { type Call, participate } from "../frame/participant.ts";
import { EchoRequestSchema, PAYLOAD, READING } from "../services/_contract.ts";
import { BATCH, BULK_SIZE, STORAGES, subjectOf } from "./_streams.ts";

/** Stands for an answer that was looked at already. */
const STORED = { sequence: 1 };

const [server = "", id = "", way = ""] = process.argv.slice(2);
const nc = await connect({ servers: server });
const WAYS = { raw: rawCalls, floor: floorCalls, shizuku: ourCalls };
const calls = await WAYS[way as keyof typeof WAYS](nc);
await participate(server, id, { calls, check: checkStored });

/** What one writes without a library. */
function rawCalls(nc: NatsConnection): Record<string, Call> {
  const client = jetstream(nc);
  const calls: Record<string, Call> = {};
  for (const storage of STORAGES) {
    const subject = subjectOf(storage, "raw");
    calls[storage] = () => client.publish(subject, PAYLOAD, { msgID: nuid.next() });
    calls[`${storage}-protobuf`] = () => {
      const payload = toBinary(EchoRequestSchema, create(EchoRequestSchema, READING));
      return client.publish(`${subject}.${READING.id}`, payload, { msgID: nuid.next() });
    };
  }
  return calls;
}

/** The same with everything that the library does for an event. */
function ourCalls(nc: NatsConnection): Record<string, Call> {
  const calls: Record<string, Call> = {};
  for (const storage of STORAGES) {
    const subject = subjectOf(storage, "shizuku");
    const publisher = createPublisher(nc, defineEvent(bytes, { subject } as { subject: string }));
    const readings = createPublisher(
      nc,
      defineEvent(EchoRequestSchema, { subject: `${subject}.{id}` } as { subject: string }),
    );
    calls[storage] = () => publisher.publish(PAYLOAD);
    calls[`${storage}-protobuf`] = () => readings.publish(READING);
    calls[`${storage}-many`] = async () => {
      const results = await publisher.publishMany(payloads(BULK_SIZE));
      return results.find(({ error }) => error !== undefined) ?? results[0]?.ack;
    };
    calls[`${storage}-batch`] = () => publisher.publishBatch(payloads(BATCH));
    calls[`${storage}-ingest`] = () => publisher.ingest(payloads(BULK_SIZE));
  }
  return calls;
}

/** A socket that speaks the protocol by hand, and looks at the first letters of an answer. */
async function floorCalls(): Promise<Record<string, Call>> {
  const request = floorRequests(await FloorConnection.open(server), "_INBOX.floor");
  const calls: Record<string, Call> = {};
  for (const storage of STORAGES) {
    const subject = subjectOf(storage, "floor");
    calls[storage] = async () => {
      const answer = await request(subject, PAYLOAD);
      if (answer[2] !== "s".charCodeAt(0)) throw new Error(`Not stored: ${answer}`);
      return STORED;
    };
  }
  return calls;
}

function* payloads(count: number): Generator<Uint8Array> {
  for (let index = 0; index < count; index++) yield PAYLOAD;
}

/** Our acknowledgement calls the place `sequence`, the client's `seq`. */
function checkStored(ack: unknown): void {
  const { sequence, seq = sequence } = (ack ?? {}) as { sequence?: number; seq?: number };
  if (typeof seq === "number" && seq > 0) return;
  throw new Error(`Cannot publish as the stream must store it: the answer is ${ack}`);
}
