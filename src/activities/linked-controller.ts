/**
 * A controller that is aborted with `parent` as well. Not `AbortSignal.any`: there, each of the thousands of polls of a
 * run would stay attached to the run's signal for as long as that lives. Call `release` when the work is done.
 */
export function linkedController(parent?: AbortSignal): { controller: AbortController; release: () => void } {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted) onAbort();
  else parent?.addEventListener('abort', onAbort, { once: true });
  return { controller, release: () => parent?.removeEventListener('abort', onAbort) };
}
