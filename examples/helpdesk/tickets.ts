import { ShizukuError } from "@shizuku/shizuku/core";
import { and, desc, eq, sql } from "drizzle-orm";
import { type Database, type Queries, tickets } from "./database.ts";
import {
  type MergeRequest,
  type OpenRequest,
  type Ticket,
  TicketClosedSchema,
  TicketMergedSchema,
  TicketOpenedSchema,
  TicketStatus,
} from "./gen/ticket/v1/ticket_pb.ts";
import { note } from "./outbox.ts";

/** A ticket as the database has it. */
export type TicketRow = typeof tickets.$inferSelect;

const STATUS = {
  open: TicketStatus.OPEN,
  closed: TicketStatus.CLOSED,
  merged: TicketStatus.MERGED,
};

/** A ticket as a message says it. */
export type PlainTicket = Omit<Ticket, "$typeName" | "$unknown">;

/** What a message says of a row. */
export function toTicket(
  { openedAt: _, status, mergedInto, ...ticket }: TicketRow,
): PlainTicket {
  return { ...ticket, status: STATUS[status], mergedInto: mergedInto ?? "" };
}

/**
 * The ticket of an id.
 *
 * @throws {ShizukuError} `not_found`.
 */
export async function findTicket(queries: Queries, id: string): Promise<TicketRow> {
  const [row] = await queries.select().from(tickets).where(eq(tickets.id, id));
  if (row === undefined) throw new ShizukuError("not_found", `Cannot find ticket ${id}`);
  return row;
}

/** Tickets of one user, or all; the newest first. */
export async function listTickets({ db }: Database, authorId?: string): Promise<TicketRow[]> {
  const where = authorId === undefined ? undefined : eq(tickets.authorId, authorId);
  return await db.select().from(tickets).where(where).orderBy(desc(tickets.openedAt));
}

/** Adds a ticket. */
export async function openTicket(
  { db }: Database,
  { authorId, subject, text }: Pick<OpenRequest, "authorId" | "subject" | "text">,
): Promise<TicketRow> {
  const id = crypto.randomUUID().slice(0, 8);
  return await db.transaction(async (transaction) => {
    const values = { id, authorId, subject, text };
    const [row] = await transaction.insert(tickets).values(values).returning();
    await note(transaction, TicketOpenedSchema, { ticketId: id });
    return row!;
  });
}

/** Closes those that are open: one, or all of a user. */
export async function closeTickets(
  { db }: Database,
  which: { readonly id: string } | { readonly authorId: string },
  reason: string,
): Promise<void> {
  const those = "id" in which ? eq(tickets.id, which.id) : eq(tickets.authorId, which.authorId);
  await db.transaction(async (transaction) => {
    const closed = await transaction.update(tickets).set({ status: "closed" })
      .where(and(those, eq(tickets.status, "open"))).returning();
    for (const { id } of closed) {
      await note(transaction, TicketClosedSchema, { ticketId: id, reason });
    }
  });
}

/** Moves what one ticket says into another one. Whoever calls this holds the locks of both. */
export async function mergeTickets(
  { db }: Database,
  { fromId, intoId }: Pick<MergeRequest, "fromId" | "intoId">,
): Promise<TicketRow> {
  return await db.transaction(async (transaction) => {
    const [from, into] = [
      await findTicket(transaction, fromId),
      await findTicket(transaction, intoId),
    ];
    for (const { id, status } of [from, into]) {
      if (status !== "open") throw refused(fromId, intoId, `${id} must be open: it is ${status}`);
    }
    await transaction.update(tickets).set({ status: "merged", mergedInto: intoId })
      .where(eq(tickets.id, fromId));
    const text = sql`${tickets.text} || ${`\n\n${from.subject}: ${from.text}`}`;
    const [merged] = await transaction.update(tickets).set({ text })
      .where(eq(tickets.id, intoId)).returning();
    await note(transaction, TicketMergedSchema, { ticketId: fromId, intoId });
    return merged!;
  });
}

function refused(fromId: string, intoId: string, reason: string): ShizukuError {
  return new ShizukuError(
    "failed_precondition",
    `Cannot merge ticket ${fromId} into ${intoId} as ${reason}`,
  );
}
