/** Connects to the address in its argument over a WebSocket, and says how that went. */
import process from "node:process";
import { TRANSPORTS } from "./_transports.ts";

const servers = process.argv[2]!;
try {
  const { connect } = TRANSPORTS.find(({ name }) => name === "ws")!;
  await using nc = await connect({ servers, tls: {} });
  await nc.flush();
  console.log("flushed wss");
} catch (error) {
  console.log(`failed: ${error}`);
}
