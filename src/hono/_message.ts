/** A message as it was sent, decompressed. */
export interface Message {
  /** Its bytes. */
  readonly payload: Uint8Array;
  /** The text of which they are the UTF-8, if it was read as text. */
  readonly text?: string | undefined;
}

/** A message that was read as text, whose bytes are made when somebody asks for them. */
export class TextMessage implements Message {
  constructor(readonly text: string) {}

  get payload(): Uint8Array {
    return new TextEncoder().encode(this.text);
  }
}
