import type { Msg, NatsConnection } from "@nats-io/nats-core";

/** A responder of a test's own. */
export interface Responder extends AsyncDisposable {
  /** What came, in order. */
  readonly messages: Msg[];
}

/** Hears a subject until it is disposed of; without a handler it answers with the payload. */
export async function answer(
  nc: NatsConnection,
  subject: string,
  handle: (message: Msg) => unknown = (message) => message.respond(message.data),
): Promise<Responder> {
  const messages: Msg[] = [];
  const subscription = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      messages.push(message);
      handle(message);
    },
  });
  await nc.flush();
  return {
    messages,
    async [Symbol.asyncDispose]() {
      if (nc.isClosed()) return;
      subscription.unsubscribe();
      await nc.flush();
    },
  };
}
