import assert from "node:assert/strict";
import { test } from "node:test";
import { testApp } from "@shizuku/shizuku/dev";
import { EntrySignedSchema, GuestbookService } from "./gen/guestbook/v1/guestbook_pb.ts";
import { guestbook } from "./guestbook.ts";
import { createHttp } from "./http.ts";

test("a guest signs, and is answered", async () => {
  await using app = await testApp([guestbook]);
  const client = app.client(GuestbookService);
  const { entry } = await client.sign({ name: "Ada", text: "A lovely place" });
  assert.equal((await app.published(EntrySignedSchema)).name, "Ada");
  await app.settled(); // every hook has done its work
  assert.equal((await client.get({ id: entry!.id })).entry?.answer, "Thank you, Ada!");
  assert.deepEqual((await client.list({})).entries.map(({ text }) => text), ["A lovely place"]);
});

test("a guest without a name is refused", async () => {
  await using app = await testApp([guestbook]);
  const client = app.client(GuestbookService);
  await assert.rejects(client.sign({ name: " ", text: "Boo" }), { code: "invalid_argument" });
  assert.deepEqual(await app.published(EntrySignedSchema).all(), []);
});

test("a guest signs over HTTP", async () => {
  await using app = await testApp([guestbook]);
  const response = await createHttp(app).request("/guestbook.v1.GuestbookService/Sign", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "Bo", text: "Hi" }),
  });
  assert.equal(response.status, 200);
  const { entry } = await response.json() as { entry: { id: string } };
  assert.equal((await app.shared(guestbook).find(entry.id))?.name, "Bo");
});
