/**
 * What is asked of an `AbortSignal`, which is one. Said by its shape, so that the published types need neither those of
 * Node nor those of a browser.
 */
export interface Signal {
  readonly aborted: boolean;
  /** Why it was aborted: what is then thrown, an `Error` unless the caller chose something else. */
  readonly reason: Error;
  /** @throws its reason, when it is aborted */
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A signal that is handed out: an `AbortSignal`, for `fetch` and the like, in a program that has a type for it. */
export type OwnSignal = typeof globalThis extends { AbortSignal: { prototype: infer Known } } ? Known : Signal;
