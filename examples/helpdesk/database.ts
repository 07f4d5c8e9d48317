import { PGlite } from "@electric-sql/pglite";
import { sql } from "drizzle-orm";
import {
  bigserial,
  type PgDatabase,
  type PgQueryResultHKT,
  pgTable,
  text,
  timestamp,
  uuid,
} from "drizzle-orm/pg-core";
import { drizzle as drizzlePglite } from "drizzle-orm/pglite";
import { drizzle as drizzlePostgres } from "drizzle-orm/postgres-js";
import postgres from "postgres";

/** Tickets. */
export const tickets = pgTable("tickets", {
  id: text().primaryKey(),
  authorId: text("author_id").notNull(),
  subject: text().notNull(),
  text: text().notNull(),
  status: text({ enum: ["open", "closed", "merged"] }).notNull().default("open"),
  mergedInto: text("merged_into"),
  openedAt: timestamp("opened_at", { mode: "date" }).notNull().defaultNow(),
});

/** Events that are to be published, in this order: see `outbox.ts`. */
export const outbox = pgTable("outbox", {
  sequence: bigserial({ mode: "number" }).primaryKey(),
  messageId: uuid("message_id").notNull().defaultRandom(),
  event: text().notNull(),
  payload: text().notNull(),
});

const TABLES = [
  sql`create table if not exists tickets (
    id text primary key,
    author_id text not null,
    subject text not null,
    text text not null,
    status text not null default 'open',
    merged_into text,
    opened_at timestamp not null default now()
  )`,
  sql`create index if not exists tickets_of_author on tickets (author_id)`,
  sql`create table if not exists outbox (
    sequence bigserial primary key,
    message_id uuid not null default gen_random_uuid(),
    event text not null,
    payload text not null
  )`,
];

/** Where queries go: the database, or a transaction of it. */
export type Queries = Pick<PgDatabase<PgQueryResultHKT>, "select" | "insert" | "update" | "delete">;

/** A database with the tables of this application. */
export interface Database extends AsyncDisposable {
  /** Drizzle. */
  readonly db: PgDatabase<PgQueryResultHKT>;
}

/**
 * Opens a database, and makes the tables that are missing.
 *
 * @param source Address of a Postgres, such as `postgres://user:password@127.0.0.1:5432/helpdesk`. By
 * default one within this process, in memory: PGlite, which is Postgres too.
 */
export async function openDatabase(source: string | PGlite = new PGlite()): Promise<Database> {
  const database = typeof source === "string" ? openPostgres(source) : openEmbedded(source);
  try {
    for (const statement of TABLES) await database.db.execute(statement);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

function openEmbedded(client: PGlite): Database {
  return { db: drizzlePglite({ client }), [Symbol.asyncDispose]: () => client.close() };
}

function openPostgres(url: string): Database {
  const client = postgres(url, { onnotice: () => {} });
  return { db: drizzlePostgres({ client }), [Symbol.asyncDispose]: () => client.end() };
}
