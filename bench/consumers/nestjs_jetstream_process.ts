/**
 * `@horizon-republic/nestjs-jetstream` as its documentation sets it up: `nestjs_jetstream_process.ts
 * SERVER ID publisher|consumer FOLDER`. It writes JSON, so the payload is text, which is in its favour.
 *
 * @module
 */
import process from "node:process";
import { connect } from "../../src/transport/node.ts";
import { cpuMicros, type Load } from "../frame/load.ts";
import { type Call, participate } from "../frame/participant.ts";
import { importRival } from "../frame/rivals.ts";
import { pause, PAYLOAD } from "../services/_contract.ts";
import { deliverOneByOne, type Delivery } from "./_delivery.ts";
import { NEST_NAME, NEST_SUBJECT, type Task, type Turn } from "./_streams.ts";

/** What is used of it; decorators are applied by hand, since no compiler is set up for them. */
type Decorate = (target: object, name?: string, third?: unknown) => void;
interface Common {
  Controller(): Decorate;
  Module(parts: { imports: unknown[]; controllers?: unknown[] }): Decorate;
}
interface Core {
  NestFactory: { create(module: unknown, options: unknown): Promise<App> };
}
interface App {
  get(token: unknown): unknown;
  init(): Promise<unknown>;
  close(): Promise<void>;
  connectMicroservice(transport: unknown, options: unknown): void;
  startAllMicroservices(): Promise<unknown>;
}
interface Microservices {
  EventPattern(pattern: string): Decorate;
  Payload(): Decorate;
}
interface Rxjs {
  firstValueFrom(observable: unknown, options: unknown): Promise<unknown>;
}
interface Connection {
  flush(): Promise<void>;
}
interface Proxy {
  connect(): Promise<Connection>;
  emit(pattern: string, data: unknown): unknown;
}
interface Jetstream {
  JetstreamServerModule: { forRoot(options: Options): unknown };
  JetstreamClientModule: { forFeature(options: Options): unknown };
  getJetStreamTransportToken(name: string): unknown;
}
interface Options {
  name: string;
  servers: string[];
}

const [server = "", id = "", role, folder = ""] = process.argv.slice(2);
await importRival(folder, "reflect-metadata");
const { Controller, Module } = await importRival<Common>(folder, "@nestjs/common");
const { NestFactory } = await importRival<Core>(folder, "@nestjs/core");
const { EventPattern, Payload } = await importRival<Microservices>(folder, "@nestjs/microservices");
const { firstValueFrom } = await importRival<Rxjs>(folder, "rxjs");
const jetstream = await importRival<Jetstream>(folder, "@horizon-republic/nestjs-jetstream");
const options = { name: NEST_NAME, servers: [server] };

if (role === "publisher") await participate(server, id, { calls: await publishing() });
else await participate(server, id, { tasks: { consume, deliver } });

/** Its `emit()` resolves before the stream has stored anything: a flush tells that the server has it. */
async function publishing(): Promise<Record<string, Call>> {
  // The stream is made by its server module.
  await (await startConsumer(() => {})).close();
  class AppModule {}
  Module({ imports: [jetstream.JetstreamClientModule.forFeature(options)] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.init();
  const proxy = app.get(NEST_NAME) as Proxy;
  const connection = await proxy.connect();
  const payload = new TextDecoder().decode(PAYLOAD);
  let flushing: Promise<void> | undefined;
  return {
    async emit() {
      await firstValueFrom(proxy.emit("bench", payload), { defaultValue: undefined });
      flushing ??= connection.flush().finally(() => flushing = undefined);
      await flushing;
    },
  };
}

/** Consumes what lies in its stream; the time counts from the first event on, without its start. */
async function consume({ messages, handlerMs }: Task): Promise<Turn> {
  let left = messages;
  let [cpuBefore, startedAt] = [0, 0];
  let finish = () => {};
  const finished = new Promise<void>((resolve) => finish = resolve);
  const app = await startConsumer(async () => {
    if (startedAt === 0) [cpuBefore, startedAt] = [cpuMicros(), performance.now()];
    if (handlerMs > 0) await pause(handlerMs);
    if (--left === 0) finish();
  });
  await finished;
  const elapsedMs = performance.now() - startedAt;
  const used = cpuMicros() - cpuBefore;
  await app.close();
  return { perSecond: messages / elapsedMs * 1_000, clientMicros: used / messages };
}

/** Has events that are published one by one. */
async function deliver({ turnMs }: Delivery): Promise<Load> {
  const publisher = await connect({ servers: server });
  const payload = JSON.stringify(new TextDecoder().decode(PAYLOAD));
  const load = await deliverOneByOne(turnMs, async (onHandled) => {
    const app = await startConsumer(onHandled);
    return () => app.close();
  }, () => publisher.publish(NEST_SUBJECT, payload));
  await publisher.close();
  return load;
}

async function startConsumer(handle: () => unknown): Promise<App> {
  class EventController {
    handle(_payload: unknown): unknown {
      return handle();
    }
  }
  const { prototype } = EventController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, "handle");
  EventPattern("bench")(prototype, "handle", descriptor);
  Payload()(prototype, "handle", 0);
  Controller()(EventController);
  class AppModule {}
  const imports = [jetstream.JetstreamServerModule.forRoot(options)];
  Module({ imports, controllers: [EventController] })(AppModule);
  const app = await NestFactory.create(AppModule, { logger: false });
  const transport = app.get(jetstream.getJetStreamTransportToken(NEST_NAME));
  app.connectMicroservice(transport, { inheritAppConfig: true });
  await app.startAllMicroservices();
  return app;
}
