import { create, toBinary } from "@bufbuild/protobuf";
import {
  AirportDelaysSchema,
  DelayService,
  GetAirportRequestSchema,
} from "../../examples/flights/gen/delays/v1/delays_pb.ts";
import { json, ShizukuError, text } from "../../src/core/mod.ts";
import { rpc, type RpcOptions } from "../../src/hono/mod.ts";
import { defineService, localTransport, type Transport } from "../../src/services/mod.ts";

export { DelayService };

/** Path of a protobuf method without side effects. */
export const GET_AIRPORT = "/delays.v1.DelayService/GetAirport";
/** Path of a protobuf method with side effects. */
export const REBUILD = "/delays.v1.DelayService/Rebuild";
/** `{"iata":"ORD"}` in protobuf's binary form. */
export const ORD: Uint8Array<ArrayBuffer> = toBinary(
  GetAirportRequestSchema,
  create(GetAirportRequestSchema, { iata: "ORD" }),
) as Uint8Array<ArrayBuffer>;

/** A code-first service of one method for each codec. */
export const TextService = defineService("text.v1.TextService", {
  shout: { input: text, output: text, noSideEffects: true },
  measure: { input: text, output: json<number>() },
});

/** Serves airports: `ORD` is there, `BUG` breaks, `BIG` refuses with a detail, others are unknown. */
export function delays(): Transport {
  return localTransport()
    .add(DelayService, {
      getAirport: ({ iata }) => ({ airport: { iata: find(iata), flights: 7 } }),
      listWorst: () => ({ airports: [] }),
      rebuild: () => ({ flights: 2, counted: 1 }),
    })
    .add(TextService, {
      shout: (words) => words.toUpperCase(),
      measure: (words) => words.length,
    });
}

/** A sub-app that serves both services. */
export function delaysApp(options?: RpcOptions): ReturnType<typeof rpc> {
  return rpc({ contracts: [DelayService, TextService], transport: delays() }, options);
}

/** A request by `POST`; JSON unless the headers say something else. */
export function post(
  body: BodyInit | null = '{"iata":"ORD"}',
  headers: Record<string, string> = {},
): RequestInit {
  return { method: "POST", body, headers: { "Content-Type": "application/json", ...headers } };
}

/** Bytes in gzip. */
export async function gzip(data: Uint8Array | string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Response(data as BodyInit).body!.pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function find(iata: string): string {
  if (iata === "ORD") return iata;
  if (iata === "BUG") throw new Error("password=hunter2");
  if (iata === "BIG") {
    const value = toBinary(AirportDelaysSchema, create(AirportDelaysSchema, { iata }));
    throw new ShizukuError("failed_precondition", "Too big", {
      details: [{ type: AirportDelaysSchema.typeName, value }],
      cause: new Error("password=hunter2"),
    });
  }
  throw new ShizukuError("not_found", `Cannot find airport ${iata}`);
}
