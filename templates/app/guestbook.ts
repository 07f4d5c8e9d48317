import { defineComponent, hookOn } from "@shizuku/shizuku/component";
import { protobuf, ShizukuError } from "@shizuku/shizuku/core";
import {
  EntrySchema,
  EntrySignedSchema,
  GuestbookService,
} from "./gen/guestbook/v1/guestbook_pb.ts";

/** Keeps what guests write, and answers each of them. */
export const guestbook = defineComponent({
  name: "guestbook",
  version: "1.0.0",
  rpc: GuestbookService,
  events: { signed: EntrySignedSchema },
  kv: { entries: { key: "{id}", codec: protobuf(EntrySchema) } },
  hooks: { answer: hookOn(EntrySignedSchema) },
  setup: ({ events, kv: { entries } }) => ({
    rpc: {
      async sign({ name, text }) {
        if (name.trim() === "") {
          throw new ShizukuError("invalid_argument", "Cannot sign as name must not be empty");
        }
        const id = crypto.randomUUID();
        const signedAt = new Date().toISOString();
        const { value } = await entries.create({ id }, { id, name, text, signedAt });
        await events.signed.publish({ id, name }); // returns when the stream has stored it
        return { entry: value };
      },
      async get({ id }) {
        const entry = await entries.get({ id });
        if (entry === undefined) throw new ShizukuError("not_found", `Cannot find entry ${id}`);
        return { entry: entry.value };
      },
      async list() {
        const all = [];
        for await (const { value } of entries.entries()) all.push(value);
        return { entries: all.sort((a, b) => a.signedAt < b.signedAt ? -1 : 1) };
      },
    },
    hooks: {
      // An event may come twice: doing this twice is the same as once.
      async answer({ id, name }) {
        await entries.modify(
          { id },
          (entry) => entry && { ...entry, answer: `Thank you, ${name}!` },
        );
      },
    },
    shared: { find: async (id: string) => (await entries.get({ id }))?.value },
  }),
});
