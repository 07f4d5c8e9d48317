/**
 * NestJS microservices as their documentation sets them up for NATS: `nest_process.ts SERVER ID ROLE
 * FOLDER`. It writes JSON, so the payload is text, which is in its favour; the ten fields are an object.
 *
 * @module
 */
import process from "node:process";
import { participate } from "../frame/participant.ts";
import { importRival } from "../frame/rivals.ts";
import { checkEcho, HEADERS, pause, PAYLOAD, READING } from "./_contract.ts";

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
  NatsRecordBuilder: new (data: unknown) => { setHeaders(headers: unknown): { build(): unknown } };
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
interface Transport {
  headers(): { set(name: string, value: string): void };
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
  const { headers } = await importRival<Transport>(folder, "@nats-io/transport-node");
  const withHeaders = (data: unknown) => {
    const own = headers();
    for (const [name, value] of Object.entries(HEADERS)) own.set(name, value);
    return new nest.NatsRecordBuilder(data).setHeaders(own).build();
  };
  const payload = new TextDecoder().decode(PAYLOAD);
  await participate(server, id, {
    check: checkEcho,
    calls: {
      "bytes": () => firstValueFrom(client.send("echo", payload)),
      "protobuf": () => firstValueFrom(client.send("echo", READING)),
      "bytes, headers": () => firstValueFrom(client.send("echo", withHeaders(payload))),
      "protobuf, headers": () => firstValueFrom(client.send("echo", withHeaders(READING))),
      "wait": () => firstValueFrom(client.send("wait", payload)),
    },
  });
}

async function answer(): Promise<void> {
  const { Controller, Module } = await importRival<Common>(folder, "@nestjs/common");
  const { NestFactory } = await importRival<Core>(folder, "@nestjs/core");
  class EchoController {
    echo(payload: unknown): unknown {
      return payload;
    }
    async wait(payload: unknown): Promise<unknown> {
      await pause(1);
      return payload;
    }
  }
  const { prototype } = EchoController;
  for (const name of ["echo", "wait"]) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    nest.MessagePattern(name)(prototype, name, descriptor);
    nest.Payload()(prototype, name, 0);
  }
  Controller()(EchoController);
  class AppModule {}
  Module({ controllers: [EchoController] })(AppModule);
  const app = await NestFactory.createMicroservice(AppModule, { ...options, logger: false });
  await app.listen();
}
