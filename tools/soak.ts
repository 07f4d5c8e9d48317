/**
 * Lets hooks work for a long time while workers and servers are killed, and tells what is left.
 *
 * `soak.ts [--events=100000] [--workers=4] [--kill-every-ms=2000] [--only=single,cluster]`
 *
 * A single server is killed twice, the leader of a cluster of three five times. It ends with status 1
 * if an event is lost, done twice or out of order.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { soakFlights, type SoakOptions, type SoakProgress } from "../tests/soak/flights_soak.ts";
import { installPackages } from "./_setup.ts";

const PARTS = {
  single: { servers: 1, serverKills: 2 },
  cluster: { servers: 3, serverKills: 5 },
};

Deno.exitCode = await main(Deno.args);

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: "string", default: "100000" },
      workers: { type: "string", default: "4" },
      "kill-every-ms": { type: "string", default: "2000" },
      only: { type: "string", default: Object.keys(PARTS).join() },
    },
  });
  await installPackages();
  let failures = 0;
  for (const part of values.only.split(",")) {
    if (!(part in PARTS)) throw new Error(`Cannot soak "${part}": there are ${Object.keys(PARTS)}`);
    const isFine = await soak(part, {
      ...PARTS[part as keyof typeof PARTS],
      events: Number(values.events),
      workers: Number(values.workers),
      killEveryMs: Number(values["kill-every-ms"]),
      ackWaitMs: 5_000,
    });
    if (!isFine) failures++;
  }
  return failures === 0 ? 0 : 1;
}

async function soak(part: string, options: SoakOptions): Promise<boolean> {
  console.log(`\n=== ${part}: ${options.events} events, ${options.workers} workers ===`);
  const onProgress = progressLine(options.events);
  const report = await soakFlights({ ...options, onProgress });
  if (Deno.stderr.isTerminal()) console.error();
  const { violations, elapsedMs, ...counts } = report;
  const rows = { ...counts, violations: violations.length, seconds: Math.round(elapsedMs / 1_000) };
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(12)} ${value}`);
  for (const violation of violations.slice(0, 10)) console.log(violation);
  const { events } = options;
  const wrong = report.missing + report.extra + report.dead + violations.length +
    Math.abs(report.stored - events) + Math.abs(report.effects - events);
  console.log(wrong === 0 ? "nothing lost, nothing twice, all in order" : "FAILED");
  return wrong === 0;
}

/** Rewrites one line on a terminal; elsewhere, a line each ten seconds. */
function progressLine(events: number): (progress: SoakProgress) => void {
  const isTerminal = Deno.stderr.isTerminal();
  let nextAt = 0;
  return ({ published, settled, workerKills, serverKills }) => {
    const now = performance.now();
    if (now < nextAt) return;
    nextAt = now + (isTerminal ? 100 : 10_000);
    const text = `published ${published}, settled ${settled} of ${events}; ` +
      `killed ${workerKills} workers, ${serverKills} servers`;
    Deno.stderr.writeSync(new TextEncoder().encode(isTerminal ? `\r${text}\x1b[K` : `${text}\n`));
  };
}
