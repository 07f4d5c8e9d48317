import { toJson } from "@bufbuild/protobuf";
import type { RunningApp } from "@shizuku/shizuku/component";
import { health, rpc } from "@shizuku/shizuku/hono";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { delays } from "./delays.ts";
import { AirportDelaysSchema } from "./gen/delays/v1/delays_pb.ts";
import { loadPage } from "./page/load_page.ts";

/** Milliseconds after which a comment tells the browser that the stream still lives. */
const HEARTBEAT_MS = 15_000;

/**
 * The HTTP side of the application: both services, the page, its events, and health.
 *
 * @param signal Ends the streams of events.
 */
export async function createHttp(app: RunningApp, signal: AbortSignal): Promise<Hono> {
  const page = await loadPage();
  return new Hono()
    .get("/", (c) => c.html(page))
    .get("/events", (c) =>
      streamSSE(c, async (stream) => {
        const closed = new AbortController();
        stream.onAbort(() => closed.abort());
        const heartbeat = setInterval(() => stream.write(": alive\n\n"), HEARTBEAT_MS);
        try {
          const ended = AbortSignal.any([signal, closed.signal]);
          for await (const event of app.shared(delays).watch(ended)) {
            if (event === "ready") await stream.writeSSE({ event: "ready", data: "" });
            else {await stream.writeSSE({
                data: JSON.stringify(toJson(AirportDelaysSchema, event)),
              });}
          }
        } finally {
          clearInterval(heartbeat);
        }
      }))
    .route("/", health(app))
    .route("/", rpc(app));
}
