import { defineComponent } from "@shizuku/shizuku/component";
import { protobuf, ShizukuError } from "@shizuku/shizuku/core";
import { UserBannedSchema, UserSchema, UserService } from "./gen/user/v1/user_pb.ts";

/** Keeps users, in the key-value store of NATS. */
export const user = defineComponent({
  name: "user",
  version: "1.0.0",
  description: "Knows who may open tickets",
  rpc: UserService,
  events: { banned: UserBannedSchema },
  kv: { users: { key: "{id}", codec: protobuf(UserSchema) } },
  setup({ events, kv: { users } }) {
    /** The user of an id. Others call this directly: no message is sent to this component. */
    async function find(id: string) {
      const entry = id === "" ? undefined : await users.get({ id });
      if (entry === undefined) throw new ShizukuError("not_found", `Cannot find user ${id}`);
      return entry.value;
    }

    return {
      rpc: {
        async register({ name }) {
          if (name.trim() === "") {
            throw new ShizukuError("invalid_argument", "Cannot register as name must not be empty");
          }
          const id = crypto.randomUUID().slice(0, 8);
          return { user: (await users.create({ id }, { id, name })).value };
        },
        get: async ({ id }) => ({ user: await find(id) }),
        async list() {
          const all = [];
          for await (const { value } of users.entries()) all.push(value);
          return { users: all.sort((a, b) => a.name.localeCompare(b.name)) };
        },
        async ban({ id, reason }) {
          await find(id);
          const entry = await users.modify({ id }, (user) => user && { ...user, banned: true });
          // Also if they were banned before: the process may have died between the two.
          await events.banned.publish({ userId: id, reason });
          return { user: entry?.value };
        },
      },
      shared: { find },
    };
  },
});
