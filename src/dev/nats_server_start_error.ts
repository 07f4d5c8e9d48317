/**
 * What is known when a start fails.
 *
 * @example
 * ```ts
 * import { NatsServerStartError } from "@shizuku/shizuku/dev";
 *
 * const error = new NatsServerStartError({
 *   reason: "it did not get ready within 30 s",
 *   command: "nats-server -c nats.conf",
 *   log: "[FTL] address already in use",
 * });
 * console.log(error.isPortInUse); // true
 * ```
 */
export interface NatsServerStartFailure {
  /** What was wanted and what happened instead, on one line. */
  readonly reason: string;
  /** The command line. */
  readonly command: string;
  /** The end of the server's log. */
  readonly log: string;
}

/**
 * A nats-server did not become ready; the message has the command and the end of its log.
 *
 * @example
 * ```ts
 * import { NatsServerStartError, startNatsServer } from "@shizuku/shizuku/dev";
 *
 * try {
 *   await using _server = await startNatsServer({ config: "no_such_option: true" });
 * } catch (error) {
 *   if (error instanceof NatsServerStartError) console.log(error.log.includes("no_such_option")); // true
 * }
 * ```
 */
export class NatsServerStartError extends Error {
  /** The command line. */
  readonly command: string;
  /** The end of the server's log. */
  readonly log: string;

  /** Makes the error from what is known. */
  constructor({ reason, command, log }: NatsServerStartFailure) {
    super(`Cannot start nats-server: ${reason}\ncommand: ${command}\nlog:\n${log || "(empty)"}`);
    this.name = "NatsServerStartError";
    this.command = command;
    this.log = log;
  }

  /** Whether another process listens on one of the ports. */
  get isPortInUse(): boolean {
    return /address already in use|Only one usage of each socket address/i.test(this.log);
  }
}
