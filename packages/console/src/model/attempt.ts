/** What `read` returns or the error that it throws, so that a page can show it and go on. */
export function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
