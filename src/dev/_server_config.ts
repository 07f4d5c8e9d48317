import { HOST } from "./_ports.ts";

/** Files for TLS, by their paths. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly verify?: boolean;
}

/** The part of a server in its cluster. */
export interface ClusterConfig {
  readonly name: string;
  readonly port: number;
  /** The ports of the routes of all members. */
  readonly routePorts: readonly number[];
}

/** All that a configuration file of a server is made of. */
export interface ServerConfig {
  readonly serverName: string;
  readonly port: number;
  readonly monitorPort: number;
  readonly websocketPort?: number;
  readonly storeDir?: string;
  readonly maxPayload?: number;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tls?: TlsFiles;
  readonly cluster?: ClusterConfig;
  readonly extra?: string;
}

/** Writes the configuration file of a server; `extra` comes last, where its keys win. */
export function toServerConfig(config: ServerConfig): string {
  const { serverName, port, monitorPort, websocketPort, storeDir, maxPayload } = config;
  const lines = [
    `server_name: ${quoted("serverName", serverName)}`,
    `listen: "${HOST}:${port}"`,
    `http: "${HOST}:${monitorPort}"`,
    storeDir !== undefined && `jetstream { store_dir: ${quoted("storeDir", storeDir)} }`,
    maxPayload !== undefined && `max_payload: ${maxPayload}`,
    authorizationLine(config),
    config.tls && tlsBlock(config.tls),
    websocketPort !== undefined && websocketBlock(websocketPort, config.tls),
    config.cluster && clusterBlock(config.cluster),
    config.extra,
  ];
  return lines.filter(Boolean).join("\n") + "\n";
}

function authorizationLine({ user, password, token }: ServerConfig): string | undefined {
  if (token !== undefined) return `authorization { token: ${quoted("token", token)} }`;
  if (user === undefined || password === undefined) return undefined;
  const credentials = `user: ${quoted("user", user)}, password: ${quoted("password", password)}`;
  return `authorization { ${credentials} }`;
}

function tlsBlock({ cert, key, ca, verify }: TlsFiles): string {
  const lines = [
    `cert_file: ${quoted("tls.cert", cert)}`,
    `key_file: ${quoted("tls.key", key)}`,
    ca !== undefined && `ca_file: ${quoted("tls.ca", ca)}`,
    verify !== undefined && `verify: ${verify}`,
  ];
  return `tls { ${lines.filter(Boolean).join(", ")} }`;
}

function websocketBlock(port: number, tls: TlsFiles | undefined): string {
  return `websocket { listen: "${HOST}:${port}", ${tls ? tlsBlock(tls) : "no_tls: true"} }`;
}

function clusterBlock({ name, port, routePorts }: ClusterConfig): string {
  const routes = routePorts.map((route) => `"nats://${HOST}:${route}"`).join(", ");
  return `cluster { name: ${
    quoted("clusterName", name)
  }, listen: "${HOST}:${port}", routes: [${routes}] }`;
}

/** Double quotes also keep the server from reading `$NAME` as a variable or `5k` as a number. */
function quoted(option: string, value: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(value)) {
    throw new TypeError(
      `Cannot configure nats-server as ${option} must have no control characters: current value ` +
        `is ${JSON.stringify(value)}`,
    );
  }
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
