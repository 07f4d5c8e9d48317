import { defineComponent, hookOn, requirement } from "@shizuku/shizuku/component";
import { type Process, ShizukuError, stack } from "@shizuku/shizuku/core";
import { readLocked, writeLocked } from "@shizuku/shizuku/kv";
import type { Database } from "./database.ts";
import {
  type CloseRequest,
  type MergeRequest,
  type OpenRequest,
  TicketClosedSchema,
  TicketMergedSchema,
  TicketOpenedSchema,
  TicketService,
} from "./gen/ticket/v1/ticket_pb.ts";
import { type UserBanned, UserBannedSchema } from "./gen/user/v1/user_pb.ts";
import { Outbox, route } from "./outbox.ts";
import {
  closeTickets,
  findTicket,
  listTickets,
  mergeTickets,
  openTicket,
  toTicket,
} from "./tickets.ts";
import { user } from "./user.ts";

/** Keeps tickets, in a database. */
export const ticket = defineComponent({
  name: "ticket",
  version: "1.0.0",
  description: "Keeps what users need help with",
  rpc: TicketService,
  events: { opened: TicketOpenedSchema, closed: TicketClosedSchema, merged: TicketMergedSchema },
  uses: { user },
  requires: { database: requirement<Database>("keeps tickets") },
  hooks: { closeOfBanned: hookOn(UserBannedSchema, { key: ({ userId }) => userId }) },
  setup({ events, shared, provided: { database }, locks, logger }) {
    const outbox = new Outbox(database, [
      route(TicketOpenedSchema, events.opened),
      route(TicketClosedSchema, events.closed),
      route(TicketMergedSchema, events.merged),
    ], logger);

    async function open(request: OpenRequest) {
      const { name, banned } = await shared.user.find(request.authorId);
      if (banned) {
        throw new ShizukuError("permission_denied", `Cannot open a ticket as ${name} is banned`);
      }
      if (request.subject.trim() === "") {
        throw new ShizukuError(
          "invalid_argument",
          "Cannot open a ticket as subject must not be empty",
        );
      }
      const row = await openTicket(database, request);
      await outbox.flush();
      return { ticket: toTicket(row) };
    }

    async function close({ id, reason }: CloseRequest) {
      await closeTickets(database, { id }, reason);
      await outbox.flush();
      return { ticket: toTicket(await findTicket(database.db, id)) };
    }

    async function merge(request: MergeRequest) {
      const row = await mergeTickets(database, request);
      await outbox.flush();
      return { ticket: toTicket(row) };
    }

    async function closeOfBanned({ userId, reason }: UserBanned) {
      await closeTickets(database, { authorId: userId }, `banned: ${reason}`);
      await outbox.flush();
    }

    const ticketLock = (id: string) => `ticket.${id}`;
    const authorLock = (id: string) => `author.${id}`;
    /** Both tickets of a merge in one order for everybody, so that two merges cannot wait for each other. */
    const inOrder = ({ fromId, intoId }: MergeRequest) => [fromId, intoId].sort();
    return {
      rpc: {
        // Whoever opens a ticket reads whether its author is banned; the hook waits until they have.
        open: stack(open, readLocked(locks.rw, ({ authorId }) => authorLock(authorId))),
        close: stack(close, writeLocked(locks.rw, ({ id }) => ticketLock(id))),
        merge: stack(
          merge,
          refuseItself,
          writeLocked(locks.rw, (request) => ticketLock(inOrder(request)[0]!)),
          writeLocked(locks.rw, (request) => ticketLock(inOrder(request)[1]!)),
        ),
        get: async ({ id }) => ({ ticket: toTicket(await findTicket(database.db, id)) }),
        async list({ authorId }) {
          return { tickets: (await listTickets(database, authorId)).map(toTicket) };
        },
      },
      hooks: {
        closeOfBanned: stack(
          closeOfBanned,
          writeLocked(locks.rw, ({ userId }) => authorLock(userId)),
        ),
      },
      shared: { find: async (id: string) => toTicket(await findTicket(database.db, id)) },
      dispose: () => outbox[Symbol.asyncDispose](),
    };
  },
});

/** A layer: the two locks of a merge would wait for each other. */
function refuseItself<O>(next: Process<MergeRequest, O>): Process<MergeRequest, O> {
  return (request, ctx) => {
    if (request.fromId !== request.intoId) return next(request, ctx);
    throw new ShizukuError(
      "invalid_argument",
      `Cannot merge ticket ${request.fromId} as it must be into another one`,
    );
  };
}
