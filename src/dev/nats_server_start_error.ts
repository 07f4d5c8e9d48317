/** What is known when a start fails. */
export interface NatsServerStartFailure {
  /** What was wanted and what happened instead, on one line. */
  readonly reason: string;
  /** The command line. */
  readonly command: string;
  /** The end of the server's log. */
  readonly log: string;
}

/** A nats-server did not become ready; the message has the command and the end of its log. */
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
