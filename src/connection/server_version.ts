import { ShizukuError } from "../core/mod.ts";
import type { Connection } from "./connection.ts";

/** The oldest nats-server that this library works with. */
export const MINIMUM_SERVER = "2.11.0";

/**
 * Checks that the server is new enough for what is about to be done.
 *
 * @param action To begin the message with: `Cannot open bucket tickets`.
 * @throws {ShizukuError} `failed_precondition` that names both versions.
 */
export function requireServer(
  connection: Connection,
  action: string,
  wanted: string = MINIMUM_SERVER,
): void {
  const found = connection.info?.version;
  if (found === undefined || isAtLeast(found, wanted)) return;
  throw new ShizukuError(
    "failed_precondition",
    `${action} as nats-server must be ${wanted} or newer: current version is ${found}`,
    { stage: "pre" },
  );
}

/** Whether a version is another or newer. What follows the three numbers does not count. */
export function isAtLeast(found: string, wanted: string): boolean {
  const [a, b] = [found, wanted].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  for (const [index, number] of b!.entries()) {
    if ((a![index] ?? 0) !== number) return (a![index] ?? 0) > number;
  }
  return true;
}
