/**
 * Reports the flights of the data set to a running application.
 *
 * `feed_process.ts [--url http://127.0.0.1:8000] [--in-flight 16] [--from 0] [--to 2000]`
 *
 * Ends with status 0 if every flight was acknowledged, 1 if not, 2 if the arguments make no sense
 * and 130 if interrupted.
 *
 * @module
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { feed, type FeedOptions } from "./feed.ts";
import { createProgressLine } from "./progress_line.ts";

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

function parseOptions(args: string[]): FeedOptions {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: "string", default: "http://127.0.0.1:8000" },
      "in-flight": { type: "string" },
      from: { type: "string" },
      to: { type: "string" },
    },
  });
  return {
    url: values.url,
    inFlight: parseCount("in-flight", values["in-flight"]),
    from: parseCount("from", values.from),
    to: parseCount("to", values.to),
  };
}

function parseCount(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new RangeError(
    `Cannot feed flights as --${option} must be a whole number: ` +
      `current value is ${JSON.stringify(text)}`,
  );
}

async function main(options: FeedOptions): Promise<number> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once("SIGINT", interrupt);
  const startedAt = performance.now();
  const line = createProgressLine();
  try {
    const { reported, created, retries } = await feed({
      ...options,
      signal: interrupted.signal,
      onProgress: line.show,
    });
    const seconds = (performance.now() - startedAt) / 1_000;
    line.end();
    console.log(
      `Reported ${reported} flights (${created} new) in ${seconds.toFixed(1)} s, ` +
        `${Math.round(reported / seconds)} per second, ${retries} retries.`,
    );
    return 0;
  } catch (error) {
    line.end();
    if (interrupted.signal.aborted) return 130;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    process.off("SIGINT", interrupt);
  }
}
