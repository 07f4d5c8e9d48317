/**
 * NestJS microservices with many message patterns, or with many calls under way:
 * `nest_holder_process.ts SERVER ID FOLDER`.
 *
 * @module
 */
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import type { Sample } from "../frame/model.ts";
import { participate } from "../frame/participant.ts";
import { importRival } from "../frame/rivals.ts";
import { PAYLOAD } from "../services/_contract.ts";
import { holdCalls, measured } from "./_measured.ts";
import { SILENT_SUBJECT } from "./_silent.ts";

/** What is used of it; decorators are applied by hand, since no compiler is set up for them. */
type Decorate = (target: object, name?: string, third?: unknown) => void;
interface Common {
  Controller(): Decorate;
  Module(parts: { controllers: unknown[] }): Decorate;
}
interface Core {
  NestFactory: {
    createMicroservice(module: unknown, options: unknown): Promise<{ listen(): Promise<unknown> }>;
  };
}
interface Microservices {
  Transport: { NATS: number };
  MessagePattern(pattern: string): Decorate;
  Payload(): Decorate;
  ClientProxyFactory: {
    create(
      options: unknown,
    ): { connect(): Promise<unknown>; send(pattern: string, data: unknown): unknown };
  };
}
interface Rxjs {
  firstValueFrom(observable: unknown): Promise<unknown>;
}

const [server = "", id = "", folder = ""] = process.argv.slice(2);
await importRival(folder, "reflect-metadata");
const { Controller, Module } = await importRival<Common>(folder, "@nestjs/common");
const { NestFactory } = await importRival<Core>(folder, "@nestjs/core");
const nest = await importRival<Microservices>(folder, "@nestjs/microservices");
const { firstValueFrom } = await importRival<Rxjs>(folder, "rxjs");
const options = { transport: nest.Transport.NATS, options: { servers: [server] } };
await participate(server, id, { tasks: { subscribe, call } });

/** A microservice with so many handlers, each of which subscribes to its pattern. */
function subscribe(count: number): Promise<Sample> {
  return measured(count, async () => {
    const controller = controllerWith(count);
    class AppModule {}
    Module({ controllers: [controller] })(AppModule);
    const app = await NestFactory.createMicroservice(AppModule, { ...options, logger: false });
    await app.listen();
  });
}

function controllerWith(count: number): new () => object {
  class HolderController {}
  const { prototype } = HolderController;
  for (let index = 0; index < count; index++) {
    const name = `m${index}`;
    const value = (payload: unknown) => payload;
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    nest.MessagePattern(`nest.${index}`)(prototype, name, descriptor);
    nest.Payload()(prototype, name, 0);
  }
  Controller()(HolderController);
  return HolderController;
}

/** So many calls that nobody answers; each has an inbox and a subscription of its own. */
async function call(count: number): Promise<Sample> {
  const client = nest.ClientProxyFactory.create(options);
  const connection = await client.connect() as { flush(): Promise<void> };
  const payload = new TextDecoder().decode(PAYLOAD);
  const send = () => firstValueFrom(client.send(SILENT_SUBJECT, payload));
  // What it sends is on its way only after a pass of the event loop.
  return await holdCalls(count, send, async () => {
    await setImmediate();
    await connection.flush();
  });
}
