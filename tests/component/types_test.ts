import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import {
  type AppOptions,
  type Component,
  createApp,
  defineComponent,
  hookOn,
  requirement,
  type SharedOf,
} from "../../src/component/mod.ts";
import type { Connection } from "../../src/component/mod.ts";
import { defineEvent, defineHook, on, toEvent } from "../../src/consumers/mod.ts";
import { json } from "../../src/core/mod.ts";
import { defineService } from "../../src/services/mod.ts";
import {
  type Flight,
  FlightReportedSchema,
  FlightSchema,
} from "../../examples/flights/gen/flights/v1/flights_pb.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

/** Fails to compile unless both types are the same. */
function same<A, B>(isSame: Equal<A, B>): void {
  assert.equal(isSame, true);
}

/** Nothing is asked of a connection before an application starts. */
const nc = { request() {}, publish() {} } as unknown as Connection;

const opened = defineEvent(json<{ id: string; by: string }>(), { subject: "ticket.opened.{id}" });
const TicketService = defineService("ticket.v1.TicketService", {
  open: { input: json<{ by: string }>(), output: json<{ id: string }>() },
});
const AdminService = defineService("ticket.v1.AdminService", {
  count: { input: json<null>(), output: json<number>() },
});

interface Database {
  find(id: string): string;
}

const user = defineComponent({
  name: "user",
  version: "1.0.0",
  requires: { db: requirement<Database>("keeps users") },
  config: z.object({ greeting: z.string(), limit: z.number().default(10) }),
  setup({ provided, config }) {
    same<typeof provided, { readonly db: Database }>(true);
    same<typeof config, { greeting: string; limit: number }>(true);
    const secret = provided.db.find("7");
    return { shared: { nameOf: (id: string) => provided.db.find(id) + secret.slice(0, 0) } };
  },
});

const ticket = defineComponent({
  name: "ticket",
  version: "1.0.0",
  rpc: { tickets: TicketService, admin: AdminService },
  events: { opened },
  uses: { user },
  config: { prefix: "T-", most: 5 },
  kv: {
    tickets: { key: "{by}.{id}", codec: json<{ open: boolean }>() },
    total: { codec: json<number>() },
  },
  hooks: { note: hookOn(opened, { key: ({ by }) => by }) },
  setup({ events, shared, kv, config, ...others }) {
    same<typeof config, Readonly<{ prefix: string; most: number }>>(true);
    same<keyof typeof shared, "user">(true);
    same<keyof typeof shared.user, "nameOf">(true);
    // @ts-expect-error what user does not share cannot be reached
    const secret = () => shared.user.secret;
    // @ts-expect-error no one but itself has its records
    const users = () => kv.users;
    // @ts-expect-error RPC between components is not offered
    const rpc = () => others.rpc;
    return {
      rpc: {
        tickets: {
          async open({ by }) {
            const id = config.prefix + shared.user.nameOf(by);
            await kv.tickets.put({ by, id }, { open: true });
            await events.opened.publish({ id, by });
            return { id };
          },
        },
        admin: { count: async () => (await kv.total.get())?.value ?? 0 },
      },
      hooks: {
        note: async ({ by }, { params }) => {
          same<typeof params.id, string>(true);
          await kv.total.modify((n = 0) => n + by.length);
        },
      },
      shared: { secret, users, rpc },
    };
  },
});

test("defineComponent() tells what a component shares, needs and is set by", () => {
  same<SharedOf<typeof user>, { nameOf: (id: string) => string }>(true);
  same<typeof user.name, "user">(true);
  const any: Component = user;
  assert.equal(any.name, "user");
});

test("events and hooks of a .proto need no definition of their own", () => {
  const counted = defineComponent({
    name: "counted",
    version: "1.0.0",
    events: { reported: FlightReportedSchema },
    hooks: { count: hookOn(FlightReportedSchema, { key: ({ origin }) => origin }) },
    setup: ({ events }) => ({
      hooks: {
        count({ flight }) {
          same<typeof flight, Flight | undefined>(true);
        },
      },
      shared: {
        report: (origin: string) => events.reported.publish({ origin, flight: { id: "7" } }),
        // @ts-expect-error a field that the message does not have
        wrong: () => events.reported.publish({ destination: "ORD" }),
      },
    }),
  });
  const { reported } = counted.events;
  assert.equal(reported!.subject.template, "flights.reported.{origin}");
  assert.equal(reported, toEvent(FlightReportedSchema), "the same for all who name it");
  const { filters } = defineHook(FlightReportedSchema, { name: "log" }, ({ origin }) => origin);
  assert.deepEqual(filters, ["flights.reported.*"]);
  const both = defineHook([
    on(FlightReportedSchema, ({ flight }) => flight?.id),
    on(opened, ({ by }) => by),
  ], { name: "both" });
  assert.deepEqual(both.filters, ["flights.reported.*", "ticket.opened.*"]);
  assert.throws(() => toEvent(FlightSchema), {
    name: "TypeError",
    message: /^Cannot define event flights\.v1\.Flight as it must have a subject/,
  });
});

test("createApp() asks for what components need, and for settings without defaults", () => {
  const db: Database = { find: (id) => id };
  const config = { user: { greeting: "Hi" } };
  createApp({ nc, components: [user, ticket], provide: { db }, config });
  createApp({
    nc,
    components: [user, ticket],
    provide: { db },
    config: { ...config, ticket: { most: 1 } },
  });
  // @ts-expect-error the database is not provided
  assert.throws(() => createApp({ nc, components: [user], config }), {
    name: "TypeError",
    message: "Cannot start as provide must have db, which user requires (keeps users): " +
      "there are none",
  });
  // @ts-expect-error the database is of another type
  createApp({ nc, components: [user], provide: { db: 7 }, config });
  // @ts-expect-error a setting without a default is missing
  createApp({ nc, components: [user], provide: { db } });
  // @ts-expect-error a setting is of another type
  createApp({ nc, components: [user], provide: { db }, config: { user: { greeting: 7 } } });
  // @ts-expect-error no component is named so
  createApp({ nc, components: [user], provide: { db }, config: { ...config, other: {} } });
  const some: readonly Component[] = [user];
  const options: AppOptions = { nc, components: some, provide: { db } };
  createApp(options);
});

test("defineComponent() wants an implementation of each contract and declared hook", () => {
  const name = "a";
  const version = "1.0.0";
  // @ts-expect-error the implementation is missing
  defineComponent({ name, version, rpc: TicketService, setup: () => ({}) });
  defineComponent({
    name,
    version,
    rpc: TicketService,
    // @ts-expect-error the output is of another type
    setup: () => ({ rpc: { open: () => ({ id: 7 }) } }),
  });
  // @ts-expect-error what a declared hook does is missing
  defineComponent({ name, version, hooks: { note: hookOn(opened) }, setup: () => ({}) });
  defineComponent({
    name,
    version,
    hooks: { note: hookOn(opened) },
    // @ts-expect-error a hook that was not declared
    setup: () => ({ hooks: { other: () => {} } }),
  });
  const log = defineHook(opened, { name: "log" }, () => {});
  defineComponent({ name, version, hooks: { log }, setup: () => ({ hooks: [log] }) });
  // @ts-expect-error an event that does not exist
  defineComponent({ name, version, events: { opened }, setup: ({ events }) => events.closed });
});
