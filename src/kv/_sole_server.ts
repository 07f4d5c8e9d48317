import type { StreamInfo } from "@nats-io/jetstream";
import type { JetStream } from "./_watch_stream.ts";

/**
 * Whether one server on its own keeps a bucket's stream. It is the leader then and the only one that
 * answers direct reads, so that these are no less consistent than those of the leader's API.
 */
export class SoleServer {
  readonly #jetStream: JetStream;
  readonly #stream: string;
  #isSole: boolean;
  /** What the server had said of itself when that was found out. */
  #since: unknown;
  #checking: Promise<boolean> | undefined;

  constructor(jetStream: JetStream, info: StreamInfo) {
    this.#jetStream = jetStream;
    this.#stream = info.config.name;
    const server = jetStream.nc.info;
    // The answer to who makes a stream leaves out where it is: that is found out later.
    this.#isSole = info.cluster === undefined || isSole(info, server?.server_name);
    this.#since = info.cluster === undefined ? undefined : server;
  }

  /** What is known; `undefined` if it has to be found out. */
  get isSole(): boolean | undefined {
    // A new greeting means another server, or other neighbours.
    return this.#isSole && this.#since !== this.#jetStream.nc.info ? undefined : this.#isSole;
  }

  /** Asks the server. @throws What the client throws. */
  find(): Promise<boolean> {
    return this.#checking ??= this.#check();
  }

  /**
   * Whether a direct answer is the leader's. A mirror of the stream answers too: with values in its
   * own name, else in none. And what waited for the connection may have gone to another server.
   */
  isFromLeader(stream: string | undefined): boolean {
    return stream === this.#stream && this.isSole === true;
  }

  async #check(): Promise<boolean> {
    const { nc, manager } = this.#jetStream;
    const since = nc.info;
    try {
      const info = await manager.streams.info(this.#stream);
      this.#isSole = isSole(info, since?.server_name);
      this.#since = since;
      return this.#isSole;
    } finally {
      this.#checking = undefined;
    }
  }
}

/** Whether a stream is on the server that this connection is to, and that is in no cluster. */
function isSole({ config, cluster, mirror }: StreamInfo, server: string | undefined): boolean {
  // In a cluster, it has a name.
  return config.allow_direct && mirror === undefined && cluster?.name === undefined &&
    cluster?.leader !== undefined && cluster.leader === server;
}
