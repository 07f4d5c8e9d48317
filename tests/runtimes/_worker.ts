/** Runs the cases in workerd, within one request: a connection lives no longer than that. */
import { connect } from "../../src/transport/ws.ts";
import { runCases } from "./_cases.ts";

export default {
  async fetch(_request: Request, { NATS_URL }: { NATS_URL: string }): Promise<Response> {
    return Response.json(await runCases({ connect, servers: NATS_URL }));
  },
};
