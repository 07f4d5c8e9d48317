import type { MessageInitShape } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { bytes } from "../../src/core/mod.ts";
import { defineService } from "../../src/services/mod.ts";
import type {
  EchoRequest,
  EchoRequestSchema,
  EchoResponseSchema,
} from "./gen/bench/v1/bench_pb.ts";

export { EchoRequestSchema, EchoResponseSchema, EchoService } from "./gen/bench/v1/bench_pb.ts";

/** Answers bytes with the same bytes, at once or after a millisecond. */
export const BytesService = defineService("bench.v1.BytesService", {
  echo: { input: bytes, output: bytes },
  wait: { input: bytes, output: bytes },
});

/** What can be called: by its subjects, for those who do without a contract. */
export interface Subjects {
  readonly bytes: string;
  readonly protobuf: string;
  /** Answers after a millisecond. */
  readonly wait: string;
}

/** Who answers, by the subjects of each. */
export const SUBJECTS = {
  shizuku: {
    bytes: "rpc.bench.v1.BytesService.echo",
    protobuf: "rpc.bench.v1.EchoService.Echo",
    wait: "rpc.bench.v1.BytesService.wait",
  },
  bare: { bytes: "bare.bytes", protobuf: "bare.protobuf", wait: "bare.wait" },
  micro: { bytes: "micro.bytes", protobuf: "micro.protobuf", wait: "micro.wait" },
  floor: { bytes: "floor.bytes", protobuf: "floor.protobuf", wait: "floor.wait" },
} as const satisfies Record<string, Subjects>;

/** What a call with headers carries. */
export const HEADERS = {
  traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "x-tenant": "acme",
};

/** Resolves after so many milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What every call of bytes carries: 115 of them. */
export const PAYLOAD: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
  "a payload of one hundred and fifteen bytes, the size of a small event ".padEnd(115, "."),
);

/** What every protobuf call carries. */
export const READING: MessageInitShape<typeof EchoRequestSchema> = {
  id: "01JD3V7ZK4Q8W6XN2R5T9YBMHC",
  station: "ORD",
  quantity: "temperature",
  value: 21.5,
  error: 0.25,
  latitude: 41.97959,
  longitude: -87.90446,
  sequence: 4711,
  offsetSeconds: -35,
  isChecked: true,
};

/** What the protobuf service answers, with a contract or without. */
export function echoReading(
  { $typeName: _name, $unknown: _fields, ...fields }: EchoRequest,
): MessageInitShape<typeof EchoResponseSchema> {
  return fields;
}

/**
 * Checks an answer in whichever form a way of calling gives it: a NATS message, bytes, text or a
 * protobuf message.
 *
 * @throws {assert.AssertionError} If it is not what was sent.
 */
export function checkEcho(answer: unknown): void {
  const { data = answer } = answer as { data?: unknown };
  const { length, id } = data as { length?: number; id?: string };
  if (length === undefined) assert.equal(id, READING.id);
  else assert.equal(length, PAYLOAD.length);
}
