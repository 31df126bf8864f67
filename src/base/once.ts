/**
 * Work that is done once, whoever asks for it first. If it fails, the next one who asks has it done
 * again.
 */
export function once<Asked extends unknown[], T>(work: (...asked: Asked) => Promise<T>) {
  let done: Promise<T> | undefined;
  const again = (error: unknown) => {
    done = undefined;
    throw error;
  };
  return (...asked: Asked): Promise<T> => (done ??= work(...asked).catch(again));
}
