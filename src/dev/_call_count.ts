import type { Transport, TransportRequest, TransportResponse } from "../services/mod.ts";

/** A transport that counts the calls through it. */
export class CallCount implements Transport {
  /** How many run. */
  running = 0;
  /** How many were made. */
  made = 0;
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async unary(request: TransportRequest): Promise<TransportResponse> {
    this.running++;
    this.made++;
    try {
      return await this.#transport.unary(request);
    } finally {
      this.running--;
    }
  }
}
