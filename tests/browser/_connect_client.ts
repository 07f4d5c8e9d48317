import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { DelayService } from "../../examples/flights/gen/delays/v1/delays_pb.ts";

/** What the client found, in every form in which it can speak. */
export interface ClientReport {
  /** Flights of the airport, by form. */
  flights: Record<string, number | undefined>;
  /** Code of the error for an airport that is not there. */
  missing: string;
}

/** Calls the service of the page that this runs in, as an application in a browser does. */
export async function callFromPage(iata: string): Promise<ClientReport> {
  const flights: ClientReport["flights"] = {};
  for (const useBinaryFormat of [false, true]) {
    for (const useHttpGet of [false, true]) {
      const options = { baseUrl: location.origin, useBinaryFormat, useHttpGet };
      const client = createClient(DelayService, createConnectTransport(options));
      const { airport } = await client.getAirport({ iata });
      flights[`${useBinaryFormat ? "binary" : "JSON"} ${useHttpGet ? "GET" : "POST"}`] = airport
        ?.flights;
    }
  }
  const client = createClient(DelayService, createConnectTransport({ baseUrl: location.origin }));
  const error = await client.getAirport({ iata: "XXX" }).catch(ConnectError.from);
  return { flights, missing: error instanceof ConnectError ? Code[error.code] : "none" };
}
