import assert from "node:assert/strict";
import { after, test } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { startApplication } from "../../../examples/helpdesk/application.ts";
import {
  type Database,
  openDatabase,
  outbox,
  tickets,
} from "../../../examples/helpdesk/database.ts";
import { NotifyService } from "../../../examples/helpdesk/gen/notify/v1/notify_pb.ts";
import {
  TicketClosedSchema,
  TicketMergedSchema,
  TicketOpenedSchema,
  TicketService,
  TicketStatus,
} from "../../../examples/helpdesk/gen/ticket/v1/ticket_pb.ts";
import { UserBannedSchema, UserService } from "../../../examples/helpdesk/gen/user/v1/user_pb.ts";
import { createHttp } from "../../../examples/helpdesk/http.ts";
import { notify } from "../../../examples/helpdesk/notify.ts";
import { note } from "../../../examples/helpdesk/outbox.ts";
import { ticket } from "../../../examples/helpdesk/ticket.ts";
import { user } from "../../../examples/helpdesk/user.ts";
import { testApp } from "../../../src/dev/mod.ts";
import { startWorld } from "../../_support/world.ts";
import { servePostgres } from "./_serve_postgres.ts";

let pglite: PGlite | undefined;

/** The database of these tests: starting one takes seconds, so that they share it, one by one. */
async function emptyDatabase(): Promise<Database> {
  const database = await openDatabase(pglite ??= new PGlite());
  await database.db.delete(tickets);
  await database.db.delete(outbox);
  return database;
}

after(() => pglite?.close());

/** The application, and clients of it. */
async function startHelpdesk() {
  const database = await emptyDatabase();
  const app = await testApp([user, ticket, notify], { provide: { database } });
  const users = app.client(UserService);
  const register = async (name: string) => (await users.register({ name })).user!.id;
  const desk = app.client(TicketService);
  const open = async (authorId: string, subject: string, text = "") =>
    (await desk.open({ authorId, subject, text })).ticket!.id;
  const told = async (userId: string) => {
    await app.settled();
    const { notifications } = await app.client(NotifyService).list({ userId });
    return notifications.map(({ text }) => text).sort();
  };
  const stop = () => app.stop();
  return { app, database, users, desk, register, open, told, [Symbol.asyncDispose]: stop };
}

test("helpdesk: a ticket is opened and closed, and its author is told", async () => {
  await using helpdesk = await startHelpdesk();
  const { app, desk, register, open, told } = helpdesk;
  const ada = await register("Ada");
  const id = await open(ada, "Printer on fire", "It burns");
  assert.equal((await app.published(TicketOpenedSchema)).ticketId, id);
  const { ticket: found } = await desk.get({ id });
  assert.deepEqual([found?.status, found?.text], [TicketStatus.OPEN, "It burns"]);
  for (const _ of ["first", "again"]) {
    const closed = await desk.close({ id, reason: "it rained" });
    assert.equal(closed.ticket?.status, TicketStatus.CLOSED);
  }
  assert.deepEqual(await told(ada), [
    "Dear Ada, we look after your ticket “Printer on fire”.",
    "Dear Ada, your ticket “Printer on fire” is closed: it rained.",
  ]);
  assert.equal((await app.published(TicketClosedSchema).all()).length, 1);
});

test("helpdesk: what cannot be is refused", async () => {
  await using helpdesk = await startHelpdesk();
  const { app, users, desk, register, open } = helpdesk;
  const ada = await register("Ada");
  const id = await open(ada, "A");
  const closed = await open(ada, "B");
  await desk.close({ id: closed, reason: "done" });
  const refused: [call: () => Promise<unknown>, code: string][] = [
    [() => users.register({ name: " " }), "invalid_argument"],
    [() => users.ban({ id: "nobody" }), "not_found"],
    [() => users.get({ id: "" }), "not_found"],
    [() => desk.open({ authorId: "nobody", subject: "A" }), "not_found"],
    [() => desk.open({ authorId: ada, subject: " " }), "invalid_argument"],
    [() => desk.get({ id: "none" }), "not_found"],
    [() => desk.close({ id: "none" }), "not_found"],
    [() => desk.merge({ fromId: id, intoId: id }), "invalid_argument"],
    [() => desk.merge({ fromId: id, intoId: "none" }), "not_found"],
    [() => desk.merge({ fromId: closed, intoId: id }), "failed_precondition"],
  ];
  for (const [call, code] of refused) await assert.rejects(call(), { code });
  assert.equal((await app.published(TicketMergedSchema).all()).length, 0);
  assert.equal((await app.published(UserBannedSchema).all()).length, 0);
});

test("helpdesk: a banned user's tickets are closed, and no more are opened", async () => {
  await using helpdesk = await startHelpdesk();
  const { app, users, desk, register, open, told } = helpdesk;
  const [ada, bo] = [await register("Ada"), await register("Bo")];
  const theirs = await open(bo, "Mine");
  await open(ada, "A");
  // Some of them may come after the ban and be refused; none is left open.
  const opening = Promise.allSettled(
    Array.from({ length: 5 }, (_, index) => open(ada, `B${index}`)),
  );
  await users.ban({ id: ada, reason: "rude" });
  await users.ban({ id: ada, reason: "rude" });
  const outcomes = await opening;
  await app.settled();
  const { tickets: all } = await desk.list({ authorId: ada });
  const opened = 1 + outcomes.filter(({ status }) => status === "fulfilled").length;
  assert.deepEqual(all.map(({ status }) => status), Array(opened).fill(TicketStatus.CLOSED));
  assert.equal((await desk.get({ id: theirs })).ticket?.status, TicketStatus.OPEN);
  await assert.rejects(open(ada, "C"), { code: "permission_denied" });
  assert.equal((await app.published(UserBannedSchema).all()).length, 1);
  assert.equal((await told(ada)).filter((text) => text.includes("banned: rude")).length, opened);
});

test("helpdesk: two merges of the same tickets at once become one", async () => {
  await using helpdesk = await startHelpdesk();
  const { app, desk, register, open, told } = helpdesk;
  const ada = await register("Ada");
  const [a, b] = [await open(ada, "A", "first"), await open(ada, "B", "second")];
  const outcomes = await Promise.allSettled([
    desk.merge({ fromId: a, intoId: b }),
    desk.merge({ fromId: b, intoId: a }),
  ]);
  const reasons = outcomes.flatMap((each) => each.status === "rejected" ? [each.reason.code] : []);
  assert.deepEqual(reasons, ["failed_precondition"]);
  const { ticketId, intoId } = await app.published(TicketMergedSchema);
  const [from, into] = [
    (await desk.get({ id: ticketId })).ticket!,
    (await desk.get({ id: intoId })).ticket!,
  ];
  assert.deepEqual([from.status, from.mergedInto], [TicketStatus.MERGED, into.id]);
  assert.equal(into.text, ticketId === a ? "second\n\nA: first" : "first\n\nB: second");
  const texts = await told(ada);
  assert.equal(texts.filter((text) => text.includes("is now part of")).length, 1);
});

test("helpdesk: an event that its process could not publish is published by the next", async () => {
  const database = await emptyDatabase();
  const values = { id: "t1", authorId: "u1", subject: "A", text: "" };
  await database.db.transaction(async (transaction) => {
    await transaction.insert(tickets).values(values);
    await note(transaction, TicketOpenedSchema, { ticketId: "t1" });
  });
  const rolledBack = database.db.transaction(async (transaction) => {
    await note(transaction, TicketClosedSchema, { ticketId: "t1" });
    throw new Error("undone");
  });
  await assert.rejects(rolledBack, /undone/);
  await using app = await testApp([user, ticket], { provide: { database } });
  assert.equal((await app.published(TicketOpenedSchema)).ticketId, "t1");
  await app.client(TicketService).close({ id: "t1", reason: "late" });
  assert.deepEqual((await app.published(TicketClosedSchema).all()).map(({ reason }) => reason), [
    "late",
  ]);
  assert.deepEqual(await database.db.select().from(outbox), []);
});

test("helpdesk: answers over HTTP, and shows its page", async () => {
  await using helpdesk = await startHelpdesk();
  const { app, register, open } = helpdesk;
  const http = await createHttp({ app, nc: app.nc, namespace: app.namespace });
  assert.match(await (await http.request("/")).text(), /<title>Helpdesk<\/title>/);
  assert.equal((await http.request("/readyz")).status, 200);
  const events = (await http.request("/events")).body!.pipeThrough(new TextDecoderStream())
    .getReader();
  const ada = await register("Ada");
  await open(ada, "A");
  let text = "";
  while (!text.includes(`"userId":"${ada}"`)) text += (await events.read()).value ?? "";
  await events.cancel();
  const response = await http.request("/notify.v1.NotifyService/List", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userId: ada }),
  });
  const { notifications } = await response.json() as { notifications: { text: string }[] };
  assert.deepEqual(notifications.map(({ text }) => text), [
    "Dear Ada, we look after your ticket “A”.",
  ]);
});

test("helpdesk: starts as a whole, with a Postgres by its address", async () => {
  await using world = await startWorld();
  const { db } = await emptyDatabase();
  await using postgres = await servePostgres(pglite!);
  await using application = await startApplication({
    servers: world.server.url,
    databaseUrl: postgres.url,
    port: 0,
  });
  const call = async (method: string, request: object) => {
    const response = await fetch(`${application.url}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return await response.json();
  };
  const { user } = await call("user.v1.UserService/Register", { name: "Ada" });
  const asked = { authorId: user.id, subject: "Printer on fire", text: "It burns" };
  const { ticket } = await call("ticket.v1.TicketService/Open", asked);
  assert.deepEqual(await call("ticket.v1.TicketService/Get", { id: ticket.id }), {
    ticket: { id: ticket.id, ...asked, status: "TICKET_STATUS_OPEN" },
  });
  await application.stop();
  assert.deepEqual((await db.select().from(tickets)).map(({ id }) => id), [ticket.id]);
});
