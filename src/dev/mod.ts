/**
 * A real nats-server for development and tests, and applications on it for tests, on Deno, Bun and
 * Node.
 *
 * @example A server that ends with its scope
 * ```ts
 * import { startNatsServer } from "@shizuku/shizuku/dev";
 *
 * await using server = await startNatsServer();
 * const varz = await fetch(`${server.monitorUrl}/varz`);
 * console.log(server.url, (await varz.json()).version);
 * ```
 *
 * @module
 */
export {
  findNatsServer,
  type FindNatsServerOptions,
  type NatsServerBinary,
} from "./find_nats_server.ts";
export type {
  NatsServer,
  NatsServerExit,
  NatsServerOptions,
  NatsServerState,
  NatsServerStopOptions,
  NatsServerTls,
} from "./nats_server.ts";
export {
  type NatsServerAttempt,
  NatsServerNotFoundError,
  type NatsServerOrigin,
} from "./nats_server_not_found_error.ts";
export { NatsServerStartError, type NatsServerStartFailure } from "./nats_server_start_error.ts";
export type { Published, PublishedOptions } from "./published.ts";
export {
  type NatsServerPhase,
  type NatsServerProgress,
  type OnNatsServerProgress,
  type ProgressOutput,
  progressTo,
} from "./progress.ts";
export {
  fetchReleaseArchive,
  NATS_SERVER_RELEASES,
  type ReleaseArchiveOptions,
} from "./release_archive.ts";
export {
  type NatsCluster,
  type NatsClusterOptions,
  type NatsClusterWaitOptions,
  type NatsStreamLeaderOptions,
  startNatsCluster,
} from "./start_nats_cluster.ts";
export { startNatsServer } from "./start_nats_server.ts";
export {
  type SettledOptions,
  type TestApp,
  testApp,
  type TestAppOptions,
  type TestAppSettings,
} from "./test_app.ts";
export { NATS_SERVER_MINIMUM, NATS_SERVER_VERSION } from "./version.ts";
