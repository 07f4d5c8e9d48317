import {
  type Authenticator,
  type ConnectionOptions,
  credsAuthenticator,
  nkeyAuthenticator,
} from "@nats-io/nats-core";

/**
 * A secret as it stands in its file, or a function that is asked at every (re)connect.
 *
 * @example Credentials that are read anew at every connect
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/node";
 * import { readFileSync } from "node:fs";
 *
 * await using nc = await connect({
 *   servers: "tls://nats.example.com",
 *   credentials: () => readFileSync("/run/secrets/helpdesk.creds"),
 * });
 * ```
 */
export type Secret = string | Uint8Array | (() => string | Uint8Array);

/**
 * How to connect: the options of the NATS client, and a few more. They mean the same to every
 * transport.
 *
 * @example
 * ```ts ignore
 * import { connect } from "@shizuku/shizuku/transport/node";
 *
 * await using nc = await connect({
 *   servers: ["nats://n1.example.com", "nats://n2.example.com"],
 *   name: "helpdesk",
 *   nkey: seed,
 *   maxReconnectAttempts: -1,
 *   signal: AbortSignal.timeout(10_000),
 * });
 * ```
 */
export interface ConnectOptions extends ConnectionOptions {
  /**
   * Contents of a `.creds` file, which holds a user's JWT and seed. A function is asked at every
   * connect, so that renewed credentials are taken up.
   */
  credentials?: Secret;
  /** Seed of a user's nkey (`SU…`). */
  nkey?: Secret;
  /** Gives up connecting when it aborts, also the waiting for a first server. No more after that. */
  signal?: AbortSignal;
}

/** What carries the protocol. */
export type TransportKind = "tcp" | "ws";

/** What tells one transport's options from another's. */
export interface TransportRules {
  /** What carries the protocol. */
  readonly kind: TransportKind;
  /** Name of its entry point, for messages. */
  readonly name: string;
  /** What addresses may begin with. */
  readonly schemes: readonly string[];
  /** Those of them that demand TLS. */
  readonly secure: string;
}

const CREDENTIALS = /-{3,}[^\n]*-{3,}\r?\n\s*\S+\r?\n\s*-{3,}[^\n]*-{3,}/g;
/** The options of TLS that a platform does not take, which has certificates of its own. */
const TLS_FILES = ["ca", "caFile", "cert", "certFile", "key", "keyFile", "handshakeFirst"] as const;

/**
 * Checks options and makes those of the client of them.
 *
 * @throws {TypeError} If one is wrong; the message names it, and never holds a secret.
 */
export function toClientOptions(options: ConnectOptions, rules: TransportRules): ConnectionOptions {
  const { credentials, nkey, signal: _, ...rest } = options;
  const servers = serversOf(options);
  for (const server of servers) checkServer(server, rules);
  const secure = servers.some((server) => server.startsWith(rules.secure));
  checkTls(options, rules, secure && servers.every((server) => server.startsWith(rules.secure)));
  const authenticators = [
    ...[rest.authenticator ?? []].flat(),
    ...(credentials === undefined ? [] : [fromCredentials(credentials)]),
    ...(nkey === undefined ? [] : [fromNkey(nkey)]),
  ];
  return {
    ...rest,
    ...(authenticators.length > 0 && { authenticator: authenticators }),
    // The client's own TLS is optional unless it is told otherwise, whatever the address says.
    tls: rules.kind === "ws" ? undefined : secure ? rest.tls ?? {} : rest.tls,
  };
}

/** Addresses as they were given; those of the client's default are left out. */
export function serversOf({ servers = [] }: ConnectionOptions): readonly string[] {
  return typeof servers === "string" ? [servers] : servers;
}

function checkServer(server: unknown, { name, schemes }: TransportRules): void {
  if (typeof server !== "string" || server.trim() === "") {
    throw refuse(`servers must be addresses: current value is ${JSON.stringify(server)}`);
  }
  const scheme = /^(.*?):\/\//.exec(server)?.[0] ?? "";
  if (server.slice(scheme.length).includes("@")) {
    throw refuse("servers must hold no user or password: use the options user and pass, or token");
  }
  if (schemes.includes(scheme) && isAddress(server, scheme)) return;
  const wanted = schemes.filter(Boolean).join(" or ");
  throw refuse(
    `servers of ${name} must be addresses that begin with ${wanted}: current value is ` +
      JSON.stringify(server),
  );
}

function isAddress(server: string, scheme: string): boolean {
  const { length } = server.slice(scheme.length).trim();
  // The schemes of NATS are not known to URL, those of HTTP have the same form.
  return length > 0 && URL.canParse(`http://${server.slice(scheme.length)}`);
}

function checkTls(
  { tls, servers, port }: ConnectOptions,
  { name, kind, secure }: TransportRules,
  allSecure: boolean,
): void {
  if (tls === null && allSecure) throw refuse(`tls must not be null with ${secure} addresses`);
  if (kind === "tcp") return;
  if (servers === undefined || serversOf({ servers }).length === 0 || port !== undefined) {
    throw refuse(`${name} must be given servers: a WebSocket has no usual port`);
  }
  if (tls === undefined || tls === null) return;
  const given = TLS_FILES.find((key) => tls[key] !== undefined);
  if (given !== undefined) {
    throw refuse(`tls.${given} must not be given to ${name}: the platform checks certificates`);
  }
  if (!allSecure) throw refuse(`servers must all begin with ${secure} where tls is wanted`);
}

function fromCredentials(secret: Secret): Authenticator {
  const read = () => {
    const text = textOf(secret);
    if ((text.match(CREDENTIALS) ?? []).length < 2) {
      throw refuse("credentials must be the contents of a .creds file, with a JWT and a seed");
    }
    return new TextEncoder().encode(text);
  };
  read();
  return credsAuthenticator(read);
}

function fromNkey(secret: Secret): Authenticator {
  const read = () => {
    const seed = textOf(secret).trim();
    if (!/^SU[A-Z2-7]{56}$/.test(seed)) {
      throw refuse("nkey must be the seed of a user: SU and 56 letters or digits");
    }
    return new TextEncoder().encode(seed);
  };
  read();
  return nkeyAuthenticator(read);
}

function textOf(secret: Secret): string {
  const value = typeof secret === "function" ? secret() : secret;
  return typeof value === "string" ? value : new TextDecoder().decode(value);
}

function refuse(reason: string): TypeError {
  return new TypeError(`Cannot connect as ${reason}`);
}
