/** A number in [0, 1), as `Math.random` gives it. */
export type RandomSource = () => number;

/** Mulberry32: small, fast, and the same numbers for the same seed on every machine. Not for secrets. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A stream of its own, so that how often one part asks (a request id per poll) does not change what another part
 * gets (the time a node takes): the same seed then means the same run however often the client polls.
 */
export function fork(random: RandomSource): RandomSource {
  return seededRandom(Math.floor(random() * 2 ** 32));
}

/** `length` characters of `alphabet`. */
export function randomText(random: RandomSource, alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join('');
}
