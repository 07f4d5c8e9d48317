import { backoffMs, delay, ShizukuError } from "../core/mod.ts";
import type { ModifyOptions } from "./modify_options.ts";

const BACKOFF = { initialMs: 1, maxMs: 50 };

/**
 * Tries again what another writer came before.
 *
 * @param tryOnce Gives `lost` where that happens once more.
 * @throws {ShizukuError} `aborted` when all attempts are used up: the first one is over.
 */
export async function winAgain<T>(
  key: string,
  { attempts = 1000, signal }: ModifyOptions,
  tryOnce: () => Promise<T | "lost">,
): Promise<T> {
  for (let attempt = 2; attempt <= attempts; attempt++) {
    // The first loser tries again at once.
    if (attempt > 2) await delay(backoffMs(attempt - 2, BACKOFF), signal);
    const outcome = await tryOnce();
    if (outcome !== "lost") return outcome;
  }
  throw new ShizukuError(
    "aborted",
    `Cannot modify ${key}: another writer came first in each of ${attempts} attempts`,
  );
}
