/** What is set for all parts of `npm run bench`. */
export interface BenchOptions {
  /** Only as much as shows that it works. */
  quick: boolean;
  /** How often each command line is started, for what is told of the start. */
  runs: number;
  /** Programs of Node to measure the start with, beside the one this runs by. */
  nodes: readonly string[];
  /** Where other CLIs are installed by npm. */
  peers: string | undefined;
}

/**
 * Measures one thing.
 * @returns its figures as Markdown, each with its goal
 * @throws Error when something is wrong other than how long it takes
 */
export type Part = (options: BenchOptions) => Promise<string>;
