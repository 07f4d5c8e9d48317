/**
 * Takes part in a benchmark that asks nothing: `idle_participant_process.ts SERVER ID`.
 *
 * @module
 */
import { type AddressInfo, createServer } from "node:net";
import process from "node:process";
import { participate } from "../../bench/frame/participant.ts";

const [server = "", id = ""] = process.argv.slice(2);
const fail = () => Promise.reject(new Error("as it should"));
await participate(server, id, {
  calls: { add: () => Promise.resolve(3) },
  check: (answer) => {
    if (answer !== 3) throw new Error(`It answers ${answer}`);
  },
  tasks: { double: (value: number) => 2 * value, listen, fail },
});

/** Listens on a port for as long as this process lives. */
function listen(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
