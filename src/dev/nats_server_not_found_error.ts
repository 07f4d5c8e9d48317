import { NATS_SERVER_MINIMUM } from "./version.ts";

/**
 * A way to a nats-server: `env` is the variable `NATS_SERVER`, `path` a folder of `PATH`.
 *
 * @example Refuse what was built here
 * ```ts ignore
 * import { findNatsServer } from "@shizuku/shizuku/dev";
 *
 * const { origin, version } = await findNatsServer();
 * if (origin === "go") throw new Error(`Built from source: ${version}`);
 * ```
 */
export type NatsServerOrigin = "env" | "path" | "cache" | "release" | "go";

/**
 * A way that was tried and led nowhere.
 *
 * @example
 * ```ts
 * import { findNatsServer, NatsServerNotFoundError } from "@shizuku/shizuku/dev";
 *
 * const env = { NATS_SERVER: "/no/such/nats-server" };
 * const error = await findNatsServer({ env, offline: true }).catch((error) => error);
 * for (const { origin, outcome } of (error as NatsServerNotFoundError).attempts) {
 *   console.log(origin, outcome);
 * }
 * ```
 */
export interface NatsServerAttempt {
  /** The way. */
  readonly origin: NatsServerOrigin;
  /** What happened. */
  readonly outcome: string;
}

/**
 * No way led to a nats-server; `attempts` says what happened on each.
 *
 * @example
 * ```ts
 * import { findNatsServer, NatsServerNotFoundError } from "@shizuku/shizuku/dev";
 *
 * const env = { NATS_SERVER: "/no/such/nats-server" };
 * try {
 *   await findNatsServer({ env, offline: true });
 * } catch (error) {
 *   if (error instanceof NatsServerNotFoundError) console.log(error.attempts[0]?.origin); // env
 * }
 * ```
 */
export class NatsServerNotFoundError extends Error {
  /** The ways that were tried, in order. */
  readonly attempts: readonly NatsServerAttempt[];

  /** Makes the error; its message lists the attempts. */
  constructor(attempts: readonly NatsServerAttempt[]) {
    const lines = attempts.map(({ origin, outcome }) => `  ${WAY_NAMES[origin]}: ${outcome}`);
    super(
      `Cannot find a nats-server of version ${NATS_SERVER_MINIMUM} or newer. ` +
        `Install one, or set NATS_SERVER to its path. Tried:\n${lines.join("\n")}`,
    );
    this.name = "NatsServerNotFoundError";
    this.attempts = attempts;
  }
}

const WAY_NAMES: Record<NatsServerOrigin, string> = {
  env: "environment variable NATS_SERVER",
  path: "nats-server on PATH",
  cache: "cache",
  release: "official release",
  go: "go install",
};
