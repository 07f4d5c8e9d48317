/**
 * The example application on a nats-server of its own: `deno task start`.
 *
 * Starts the server, the two components and HTTP, reports the 2,000 flights of the data set, and
 * goes on until Ctrl-C, which drains. `PORT` names another port than 8000, `NATS_URL` another
 * server, and `SHIZUKU_COMPONENTS` those of the components that run in this process.
 *
 * @module
 */
import process from "node:process";
import { onlyFromEnv } from "@shizuku/shizuku/component";
import { startNatsServer } from "@shizuku/shizuku/dev";
import { startApplication } from "./application.ts";
import { feed } from "./feed.ts";
import { createProgressLine } from "./progress_line.ts";

const interrupted = new AbortController();
const interrupt = () => interrupted.abort(new Error("interrupted"));
// Not once(): a task runner passes Ctrl-C on, so that it comes twice, and the second would kill.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interrupt);
const untilInterrupted = new Promise<void>((resolve) =>
  interrupted.signal.addEventListener("abort", () => resolve(), { once: true })
);

await main(process.env["NATS_URL"], Number(process.env["PORT"] ?? 8000));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);

async function main(natsUrl: string | undefined, port: number): Promise<void> {
  await using server = natsUrl === undefined ? await startNatsServer() : undefined;
  const servers = natsUrl ?? server!.url;
  await using application = await startApplication({ servers, port, only: onlyFromEnv() });
  console.log(server ? `nats-server ${server.version} on ${servers}` : `NATS on ${servers}`);
  await feedFlights(application.url);
  if (!interrupted.signal.aborted) console.log(whatToTry(application.url));
  await untilInterrupted;
  console.log("\nDraining ...");
}

async function feedFlights(url: string): Promise<void> {
  console.log(`Open ${url} to see the delays as they arrive`);
  const line = createProgressLine();
  const startedAt = performance.now();
  try {
    const { signal } = interrupted;
    const { reported, created } = await feed({ url, signal, onProgress: line.show });
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    line.end();
    console.log(`Reported ${reported} flights (${created} new) in ${seconds} s`);
  } catch (error) {
    line.end();
    if (!interrupted.signal.aborted) throw error;
  }
}

function whatToTry(url: string): string {
  const call = (method: string, request: object) =>
    `  curl -H 'content-type: application/json' -d '${JSON.stringify(request)}' ${url}/${method}`;
  return [
    "Try:",
    call("delays.v1.DelayService/GetAirport", { iata: "ORD" }),
    call("delays.v1.DelayService/ListWorst", { limit: 3, minimumFlights: 10 }),
    call("flights.v1.FlightService/Report", {
      departedAt: "2001-04-01T09:30",
      delayMinutes: 42,
      distanceMiles: 733,
      origin: "ORD",
      destination: "LGA",
    }),
    "Ctrl-C ends it.",
  ].join("\n");
}
