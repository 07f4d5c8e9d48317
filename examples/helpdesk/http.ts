import type { RunningApp } from "@shizuku/shizuku/component";
import { type Connection, toEvent } from "@shizuku/shizuku/consumers";
import { events, health, rpc } from "@shizuku/shizuku/hono";
import { openapi, reference } from "@shizuku/shizuku/hono/openapi";
import { Hono } from "hono";
import { NotifiedSchema } from "./gen/notify/v1/notify_pb.ts";
import { loadPage } from "./page/load_page.ts";

/** What the HTTP side is made from. */
export interface HttpOptions {
  /** The application. */
  readonly app: RunningApp;
  /** Its connection to NATS. */
  readonly nc: Connection;
  /** Its namespace, if it has one. */
  readonly namespace?: string;
  /** Ends the streams of events. */
  readonly signal?: AbortSignal;
}

/** The HTTP side of the application: RPC and its description, the page, its events, and health. */
export async function createHttp({ app, ...options }: HttpOptions): Promise<Hono> {
  const page = await loadPage();
  return new Hono()
    .get("/", (c) => c.html(page))
    .get("/events", events(toEvent(NotifiedSchema), options))
    .route("/", health(app))
    .route("/", rpc(app))
    .route("/", reference(openapi(app, { title: "Helpdesk" })));
}
