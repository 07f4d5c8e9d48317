import type { NatsConnection, PublishOptions } from "@nats-io/nats-core";

/** A connection on which single messages go wrong. */
export interface LossyConnection {
  /** The connection. */
  readonly nc: NatsConnection;
  /** Payloads and headers of what was published, as the client wrote them. */
  readonly sent: { subject: string; id: string | undefined }[];
  /** Has the next acknowledgement on a subject go nowhere: the message itself arrives. */
  loseAck(subject: RegExp): void;
  /** Has the next message on a subject go nowhere. */
  loseMessage(subject: RegExp): void;
}

/** Makes a real connection unreliable. */
export function lossyConnection(real: NatsConnection): LossyConnection {
  const losses: { subject: RegExp; isAck: boolean }[] = [];
  const sent: LossyConnection["sent"] = [];
  const publish = (subject: string, payload?: Uint8Array | string, options?: PublishOptions) => {
    sent.push({ subject, id: options?.headers?.get("Nats-Msg-Id") });
    const index = losses.findIndex((loss) => loss.subject.test(subject));
    if (index === -1) return real.publish(subject, payload, options);
    const [loss] = losses.splice(index, 1);
    if (loss!.isAck) real.publish(subject, payload, { ...options, reply: "_INBOX.nowhere" });
  };
  return {
    nc: Object.create(real, { publish: { value: publish } }),
    sent,
    loseAck: (subject) => void losses.push({ subject, isAck: true }),
    loseMessage: (subject) => void losses.push({ subject, isAck: false }),
  };
}
