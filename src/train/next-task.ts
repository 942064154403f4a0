/**
 * Resolves in a new task, so that input, timers and painting get their turn.
 * `setTimeout` comes last, since browsers stretch it to 4 ms when it is called over and over.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve);
    } else if (typeof MessageChannel === "function") {
      const { port1, port2 } = new MessageChannel();
      const onmessage = (): void => {
        port1.close();
        resolve();
      };
      Object.assign(port1, { onmessage });
      port2.postMessage(undefined);
    } else {
      setTimeout(resolve, 0);
    }
  });
}
