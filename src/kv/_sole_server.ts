import type { StreamInfo } from "@nats-io/jetstream";

/** Whether a stream is on the server that a connection is to, and that is in no cluster. */
export function isSole(
  { config, cluster, mirror }: StreamInfo,
  server: string | undefined,
): boolean {
  // In a cluster, it has a name. The answer to who makes a stream leaves out where it is.
  return config.allow_direct && mirror === undefined && cluster?.name === undefined &&
    cluster?.leader !== undefined && cluster.leader === server;
}
