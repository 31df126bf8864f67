/** Does the work once, for everyone who asks. After a failure the next call tries again. */
export function once<Asked extends unknown[], T>(work: (...asked: Asked) => Promise<T>) {
  let done: Promise<T> | undefined;
  const again = (error: unknown) => {
    done = undefined;
    throw error;
  };
  return (...asked: Asked): Promise<T> => (done ??= work(...asked).catch(again));
}
