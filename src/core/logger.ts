import { getLogger as getLogTapeLogger } from "@logtape/logtape";

/** Writes structured log records: a message with `{placeholders}`, and their values. */
export interface Logger {
  /** For the one who writes the component. */
  debug(message: string, properties?: Record<string, unknown>): void;
  /** For the one who runs it. */
  info(message: string, properties?: Record<string, unknown>): void;
  /** Something was repaired or dropped. */
  warn(message: string, properties?: Record<string, unknown>): void;
  /** Something failed. */
  error(message: string, properties?: Record<string, unknown>): void;
}

/**
 * Gives the logger of a category below `shizuku`.
 *
 * Silent until the application configures LogTape.
 *
 * @param category Such as `["services", "flights"]`.
 * @example
 * ```ts
 * import { getLogger } from "@shizuku/shizuku/core";
 *
 * getLogger(["example"]).info("Counted {count} flights", { count: 2000 });
 * ```
 * @see https://logtape.org
 */
export function getLogger(category: readonly string[] = []): Logger {
  return getLogTapeLogger(["shizuku", ...category]);
}
