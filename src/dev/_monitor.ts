import { get } from "node:http";
import { HOST } from "./_ports.ts";

const ANSWER_TIMEOUT_MS = 1_000;

/** What a server's monitoring port answered. */
export interface MonitorAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks a server's monitoring port; undefined if it does not answer within a second. */
export function askMonitor(port: number, path: string): Promise<MonitorAnswer | undefined> {
  return new Promise((resolve) => {
    // A connection of its own: a kept one would be a dead one after a restart.
    const request = get({ host: HOST, port, path, agent: false, timeout: ANSWER_TIMEOUT_MS });
    // Not answering is an answer too: the server is down, starting or paused.
    request.on("error", () => resolve(undefined));
    request.on("timeout", () => request.destroy(new Error("no answer")));
    request.on("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => body += piece);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", () => resolve(undefined));
    });
  });
}

/** The part of `/jsz` that tells who leads. */
export interface JetStreamReport {
  readonly meta_cluster?: {
    readonly leader?: string;
    readonly cluster_size?: number;
    readonly replicas?: readonly { readonly current: boolean; readonly offline?: boolean }[];
  };
  readonly account_details?: readonly {
    readonly name: string;
    readonly stream_detail?: readonly {
      readonly name: string;
      readonly cluster?: { readonly leader?: string };
    }[];
  }[];
}

/** Asks for `/jsz`; undefined if the server does not answer. */
export async function askJetStream(
  port: number,
  query: string,
): Promise<JetStreamReport | undefined> {
  const answer = await askMonitor(port, `/jsz?${query}`);
  return answer?.status === 200 ? JSON.parse(answer.body) as JetStreamReport : undefined;
}

/** Asks for `/routez`: the servers that a server has a route to. */
export async function askRouteCount(port: number): Promise<number> {
  const answer = await askMonitor(port, "/routez");
  if (answer?.status !== 200) return 0;
  const { routes = [] } = JSON.parse(answer.body) as { routes?: { remote_id: string }[] };
  return new Set(routes.map((route) => route.remote_id)).size;
}
