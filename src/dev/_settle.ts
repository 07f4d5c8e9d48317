import { delay, ShizukuError } from "../core/mod.ts";
import { type Activity, describeActivity, isSettled } from "./_activity.ts";

const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 20;

/** Looks until two looks prove that nothing goes on. */
export async function settle(look: () => Promise<Activity>, timeoutMs: number): Promise<void> {
  const end = performance.now() + timeoutMs;
  let last = await look();
  for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const now = await look();
    if (isSettled(last, now)) return;
    if (performance.now() >= end) throw notSettled(now, timeoutMs);
    last = now;
    // Time proves nothing here: it only spares the server what would be asked in vain.
    if (describeActivity(now).length > 0) await delay(pauseMs);
  }
}

function notSettled(activity: Activity, timeoutMs: number): ShizukuError {
  const reasons = describeActivity(activity);
  const found = reasons.length > 0 ? reasons.join("; ") : "events are published again and again";
  return new ShizukuError(
    "deadline_exceeded",
    `Cannot settle as all hooks must be idle within ${timeoutMs} ms: ${found}`,
  );
}
