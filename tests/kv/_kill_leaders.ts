import type { NatsCluster } from "../../src/dev/mod.ts";
import { delay } from "../../src/core/mod.ts";

/** How often to kill. */
export interface KillOptions {
  /** How many times at most. @default {Infinity} */
  kills?: number;
  /** Milliseconds between a cluster that is whole again and the next kill. @default {0} */
  everyMs?: number;
  /** Ends it, with a cluster that is whole. */
  signal: AbortSignal;
  /** Hears of each kill. */
  onKill?(name: string): void;
}

/** Kills the leader of a stream, waits for the next one, restarts the first, and so on. */
export async function killLeaders(
  cluster: NatsCluster,
  stream: string,
  { kills = Infinity, everyMs = 0, signal, onKill }: KillOptions,
): Promise<void> {
  for (let kill = 0; kill < kills && !signal.aborted; kill++) {
    const leader = await cluster.streamLeader(stream);
    await leader.kill();
    onKill?.(leader.name);
    await cluster.streamLeader(stream);
    await leader.restart();
    await cluster.ready();
    await delay(everyMs, signal);
  }
}
