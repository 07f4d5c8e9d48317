/**
 * NestJS microservices as their documentation sets them up for NATS: `nest_process.ts SERVER ID ROLE
 * FOLDER`. It writes JSON, so the payload is text, which is in its favour.
 *
 * @module
 */
import process from "node:process";
import { PAYLOAD } from "./_contract.ts";
import { participate } from "./_participant.ts";
import { importRival } from "./_rivals.ts";

/** What is used of it; decorators are applied by hand, since no compiler is set up for them. */
type Decorate = (target: object, name?: string, third?: unknown) => void;
interface Common {
  Controller(): Decorate;
  Module(parts: { controllers: unknown[] }): Decorate;
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
interface Core {
  NestFactory: {
    createMicroservice(module: unknown, options: unknown): Promise<{ listen(): Promise<unknown> }>;
  };
}
interface Rxjs {
  firstValueFrom(observable: unknown): Promise<unknown>;
}

const [server = "", id = "", role, folder = ""] = process.argv.slice(2);
await importRival(folder, "reflect-metadata");
const nest = await importRival<Microservices>(folder, "@nestjs/microservices");
const options = { transport: nest.Transport.NATS, options: { servers: [server] } };
if (role === "service") {
  await answer();
  await participate(server, id);
} else {
  const { firstValueFrom } = await importRival<Rxjs>(folder, "rxjs");
  const client = nest.ClientProxyFactory.create(options);
  await client.connect();
  const payload = new TextDecoder().decode(PAYLOAD);
  await participate(server, id, { bytes: () => firstValueFrom(client.send("echo", payload)) });
}

async function answer(): Promise<void> {
  const { Controller, Module } = await importRival<Common>(folder, "@nestjs/common");
  const { NestFactory } = await importRival<Core>(folder, "@nestjs/core");
  class EchoController {
    echo(payload: string): string {
      return payload;
    }
  }
  const { prototype } = EchoController;
  nest.MessagePattern("echo")(
    prototype,
    "echo",
    Object.getOwnPropertyDescriptor(prototype, "echo"),
  );
  nest.Payload()(prototype, "echo", 0);
  Controller()(EchoController);
  class AppModule {}
  Module({ controllers: [EchoController] })(AppModule);
  const app = await NestFactory.createMicroservice(AppModule, { ...options, logger: false });
  await app.listen();
}
