/** A socket that fails at once. The client waits for ever for one that could not even be made. */
export function failedSocket(error: unknown): WebSocket {
  const message = error instanceof Error ? error.message : String(error);
  const socket: {
    onerror: ((event: { message: string }) => void) | null;
    close: () => void;
    send: () => void;
  } = {
    onerror: null,
    close() {},
    send() {},
  };
  // Its listeners are set within this turn.
  setTimeout(() => socket.onerror?.({ message }));
  return socket as unknown as WebSocket;
}
