/** Waits for something, but not for long. It neither fails nor leaves a timer behind. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
  try {
    // Whatever it fails with, there is nothing to be done about it any more.
    await Promise.race([promise.catch(() => {}), over]);
  } finally {
    clearTimeout(timer);
  }
}
