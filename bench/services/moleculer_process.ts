/**
 * Moleculer as its documentation sets it up for NATS: `moleculer_process.ts SERVER ID ROLE SERIALIZER
 * FOLDER`. With its default serializer, JSON, the payload is text, which is in its favour; with CBOR,
 * which it names as the fastest, it is bytes. The ten fields travel as an object.
 *
 * @module
 */
import process from "node:process";
import { participate } from "../frame/participant.ts";
import { importRival } from "../frame/rivals.ts";
import { checkEcho, HEADERS, pause, PAYLOAD, READING } from "./_contract.ts";

/** What is used of it. */
interface Broker {
  createService(schema: {
    name: string;
    actions: Record<string, (ctx: { params: { payload: unknown } }) => unknown>;
  }): void;
  start(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown, options?: { headers: unknown }): Promise<unknown>;
}
interface Moleculer {
  default: { ServiceBroker: new (options: Record<string, unknown>) => Broker };
}

const [server = "", id = "", role, serializer, folder = ""] = process.argv.slice(2);
const { default: { ServiceBroker } } = await importRival<Moleculer>(folder, "moleculer");
const broker = new ServiceBroker({
  nodeID: id,
  namespace: serializer,
  transporter: server,
  serializer,
  requestTimeout: 5_000,
  logger: false,
});
if (role === "service") {
  broker.createService({
    name: "bench",
    actions: {
      echo: (ctx) => ctx.params.payload,
      async wait(ctx) {
        await pause(1);
        return ctx.params.payload;
      },
    },
  });
}
await broker.start();
if (role === "service") await participate(server, id);
else {
  await broker.waitForServices("bench");
  const payload = serializer === "JSON" ? new TextDecoder().decode(PAYLOAD) : PAYLOAD;
  const headers = { ...HEADERS };
  await participate(server, id, {
    check: checkEcho,
    calls: {
      "bytes": () => broker.call("bench.echo", { payload }),
      "protobuf": () => broker.call("bench.echo", { payload: READING }),
      "bytes, headers": () => broker.call("bench.echo", { payload }, { headers }),
      "protobuf, headers": () => broker.call("bench.echo", { payload: READING }, { headers }),
      "wait": () => broker.call("bench.wait", { payload }),
    },
  });
}
