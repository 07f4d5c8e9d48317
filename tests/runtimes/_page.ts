/** Runs the cases in a page. */
import { ShizukuError } from "../../src/core/mod.ts";
import { connect } from "../../src/transport/ws.ts";
import { type Outcome, runCases } from "./_cases.ts";

/** @param servers Address of the server's WebSocket. */
export function run(servers: string): Promise<Outcome[]> {
  return runCases({ connect, servers });
}

/** Tells how a connection fails that cannot be made. */
export async function failure(servers: string): Promise<string> {
  try {
    await (await connect({ servers })).close();
    return "none";
  } catch (error) {
    const { code, message } = ShizukuError.from(error);
    return `${code}: ${message}`;
  }
}
