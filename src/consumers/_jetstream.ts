import {
  jetstream as createJetStream,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
} from "@nats-io/jetstream";
import { borderOf, type Connection, patientRequests } from "../connection/mod.ts";

const CLIENT = Symbol("jetstream");
const MANAGER = Symbol("jetstreamManager");

/** The JetStream client of a connection: one for all. */
export function jetstream(connection: Connection): JetStreamClient {
  return borderOf(connection).once(CLIENT, (nc) => createJetStream(nc));
}

/** The JetStream manager of a connection: one for all. */
export function manager(connection: Connection): Promise<JetStreamManager> {
  // Unchecked: the check asks for account information, which least privilege may refuse.
  const border = borderOf(connection);
  return border.once(
    MANAGER,
    () => jetstreamManager(patientRequests(border), { checkAPI: false }),
  );
}
