import type { PGlite } from "@electric-sql/pglite";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";

/** A Postgres that is reached by its address. */
export interface PostgresServer extends AsyncDisposable {
  /** Its address. One connection at a time. */
  readonly url: string;
}

/** Lets clients speak to an embedded Postgres over TCP: it knows the protocol, and lacks the port. */
export async function servePostgres(pglite: PGlite): Promise<PostgresServer> {
  const server = createServer((socket) => {
    let answered: Promise<unknown> = Promise.resolve();
    socket.on("data", (request: Uint8Array) => {
      answered = answered
        .then(() => pglite.execProtocolRaw(new Uint8Array(request)))
        .then((response) => socket.write(response))
        .catch((error) => socket.destroy(error));
    });
    // Whoever closes with an error has its own report of it.
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres?max=1`,
    [Symbol.asyncDispose]: () => new Promise((closed) => server.close(() => closed())),
  };
}
