import { type Random } from '../../src/core/clock.js';

/** Durations, ms, of a lognormal distribution; `spread` is the deviation of their logarithms. */
export function lognormal(random: Random, count: number, medianMs: number, spread: number): number[] {
  return Array.from({ length: count }, () => medianMs * Math.exp(spread * normal(random)));
}

function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
