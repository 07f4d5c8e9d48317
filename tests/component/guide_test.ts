import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunningApp } from "../../src/component/mod.ts";
import type { ServiceContract } from "../../src/services/mod.ts";
import { eventually } from "../_support/eventually.ts";
import { bundleTour } from "../_support/tour.ts";
import { startWorld } from "../_support/world.ts";

/** What the guide's `main.ts` has, and the test needs. */
interface Main {
  app: RunningApp;
  signals: Disposable;
  UserService: ServiceContract;
  TicketService: ServiceContract;
}

type Call = (request: object) => Promise<Record<string, unknown>>;

test("the application of the guide to components runs as it is written", async () => {
  await using world = await startWorld();
  await using tour = await bundleTour("docs/components.md", {
    server: world.server.url,
    entries: ["main.ts"],
    append: {
      "main.ts":
        'export { app, signals }; export { TicketService, UserService } from "./contracts.ts";',
    },
  });
  const { app, signals, TicketService, UserService } = await tour.load("main.ts") as Main;
  const tickets = app.client(TicketService) as unknown as { open: Call; get: Call };
  const users = app.client(UserService) as unknown as { ban: Call };
  const { id, author } = await tickets.open({ userId: "7", subject: "Printer on fire, once more" });
  assert.equal(author, "User 7");
  const opened = { userId: "7", subject: "Printer on fire, onc", isOpen: true };
  assert.deepEqual(await tickets.get({ id }), opened);
  assert.deepEqual(await users.ban({ userId: "7" }), { banned: true });
  await eventually(async () => assert.equal((await tickets.get({ id }))["isOpen"], false));
  await assert.rejects(tickets.open({ userId: "7", subject: "Again" }), {
    code: "permission_denied",
  });
  await app.stop();
  signals[Symbol.dispose](); // which drains the connection too
});
