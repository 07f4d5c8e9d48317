import { defineComponent, hookOn } from "@shizuku/shizuku/component";
import { protobuf } from "@shizuku/shizuku/core";
import { NotificationSchema, NotifiedSchema, NotifyService } from "./gen/notify/v1/notify_pb.ts";
import {
  TicketClosedSchema,
  TicketMergedSchema,
  TicketOpenedSchema,
} from "./gen/ticket/v1/ticket_pb.ts";
import { ticket } from "./ticket.ts";
import { user } from "./user.ts";

/** Tells users what happens to their tickets. */
export const notify = defineComponent({
  name: "notify",
  version: "1.0.0",
  description: "Tells users what happens to their tickets",
  rpc: NotifyService,
  events: { notified: NotifiedSchema },
  uses: { user, ticket },
  kv: { notifications: { key: "{userId}.{id}", codec: protobuf(NotificationSchema) } },
  hooks: {
    opened: hookOn(TicketOpenedSchema),
    closed: hookOn(TicketClosedSchema),
    merged: hookOn(TicketMergedSchema),
  },
  setup({ events, shared, kv: { notifications } }) {
    /** An event may come twice: it makes the same notification, and that is written over itself. */
    async function tell(ticketId: string, kind: string, toText: (subject: string) => string) {
      const { authorId: userId, subject } = await shared.ticket.find(ticketId); // in the database
      const { name } = await shared.user.find(userId); // in the key-value store
      const id = `${ticketId}-${kind}`;
      const at = new Date().toISOString();
      const text = `Dear ${name}, ${toText(`“${subject}”`)}`;
      await notifications.put({ userId, id }, { id, userId, text, at });
      await events.notified.publish({ userId, notificationId: id });
    }

    return {
      rpc: {
        async list({ userId }) {
          const all = [];
          for await (const { value } of notifications.entries({ userId })) all.push(value);
          return { notifications: all.sort((a, b) => a.at < b.at ? -1 : 1) };
        },
      },
      hooks: {
        opened: ({ ticketId }) =>
          tell(ticketId, "opened", (subject) => `we look after your ticket ${subject}.`),
        closed: ({ ticketId, reason }) =>
          tell(ticketId, "closed", (subject) => `your ticket ${subject} is closed: ${reason}.`),
        merged: ({ ticketId, intoId }) =>
          tell(ticketId, "merged", (subject) => `your ticket ${subject} is now part of ${intoId}.`),
      },
    };
  },
});
