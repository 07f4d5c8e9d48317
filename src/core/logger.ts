import { getLogger as getLogTapeLogger } from "@logtape/logtape";

/**
 * Writes structured log records: a message with `{placeholders}`, and their values.
 *
 * @example
 * ```ts
 * import { createContext, type Logger } from "@shizuku/shizuku/core";
 *
 * const lines: string[] = [];
 * const write = (message: string) => void lines.push(message);
 * const logger: Logger = { debug: write, info: write, warn: write, error: write };
 * createContext({ logger }).logger.info("Boarding");
 * console.log(lines); // [ "Boarding" ]
 * ```
 */
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
