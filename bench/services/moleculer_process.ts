/**
 * Moleculer as its documentation sets it up for NATS: `moleculer_process.ts SERVER ID ROLE SERIALIZER
 * FOLDER`. With its default serializer, JSON, the payload is text, which is in its favour; with CBOR,
 * which it names as the fastest, it is bytes.
 *
 * @module
 */
import process from "node:process";
import { PAYLOAD } from "./_contract.ts";
import { participate } from "./_participant.ts";
import { importRival } from "./_rivals.ts";

/** What is used of it. */
interface Broker {
  createService(schema: {
    name: string;
    actions: Record<string, (ctx: { params: { payload: unknown } }) => unknown>;
  }): void;
  start(): Promise<void>;
  waitForServices(name: string): Promise<unknown>;
  call(action: string, params: unknown): Promise<unknown>;
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
  broker.createService({ name: "bench", actions: { echo: (ctx) => ctx.params.payload } });
}
await broker.start();
if (role === "service") await participate(server, id);
else {
  await broker.waitForServices("bench");
  const payload = serializer === "JSON" ? new TextDecoder().decode(PAYLOAD) : PAYLOAD;
  await participate(server, id, { bytes: () => broker.call("bench.echo", { payload }) });
}
