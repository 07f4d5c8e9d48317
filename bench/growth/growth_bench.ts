/**
 * How starting and one operation grow from 1 to 1,000 methods, hooks, watched keys and components.
 * What grows and who uses it are two connections of one process; the server is another.
 *
 * `growth_bench.ts [--check] [--only=methods,hooks,keys,components] [--rounds=3]`
 *
 * @module
 */
import process from "node:process";
import { startNatsServer } from "../../src/dev/mod.ts";
import { connect } from "../../src/transport/node.ts";
import type { CaseResult, Sample } from "../frame/model.ts";
import { figuresOf } from "../frame/model.ts";
import { parseOptions } from "../frame/options.ts";
import { report, statusOf, warnIfBusy } from "../frame/report.ts";
import { median } from "../frame/statistics.ts";
import { type Grow, GROWN } from "./_grown.ts";

const COUNTS = [1, 10, 100, 1_000];
/** Operations of a round, one at a time. */
const OPERATIONS = 300;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, Object.keys(GROWN), { rounds: 3 });
  warnIfBusy();
  const cases: CaseResult[] = [];
  for (const part of options.only) {
    console.error(`measuring ${part}`);
    for (const count of COUNTS) {
      const samples: Sample[] = [];
      for (let round = 0; round <= options.rounds; round++) {
        const sample = await measure(GROWN[part]!, count);
        if (round > 0) samples.push(sample);
      }
      cases.push({
        name: `${count.toLocaleString("en")} ${part}`,
        point: { curve: part, count },
        contestants: [{ name: "shizuku", isOurs: true, figures: figuresOf(samples) }],
      });
    }
  }
  const missed = report("Growth, one operation at a time", cases);
  return statusOf(options.isChecked, missed);
}

/** Each round begins with a server that knows nothing. */
async function measure(grow: Grow, count: number): Promise<Sample> {
  await using server = await startNatsServer({ onProgress: () => {} });
  const [owner, user] = await Promise.all(
    [server.url, server.url].map((servers) => connect({ servers })),
  );
  const startedAt = performance.now();
  const grown = await grow(owner!, user!, count);
  const startMs = performance.now() - startedAt;
  const times: number[] = [];
  for (let index = 0; index < OPERATIONS; index++) {
    const startedAt = performance.now();
    // A prime step, so that all of them have their turn in no order.
    await grown.use((index * 7_919) % count);
    times.push(performance.now() - startedAt);
  }
  await grown.stop();
  await owner!.close();
  await user!.close();
  return { p50Ms: median(times), startMs };
}
