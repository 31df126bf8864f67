import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from '../markdown.js';
import { LATENCY_MS, measureLag } from './measure.js';

/** How late one is told that a node is done, and for how many requests. Writes `bench/results/lag.md`. */
const MEDIANS_MS = [2000, 30_000, 600_000];
const NODES = [1, 9, 60];
const RUNS = 200;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const rows: string[][] = [];
for (const medianMs of MEDIANS_MS) {
  for (const nodes of NODES) {
    const { mean, longest, requests } = await measureLag({
      nodes,
      medianMs,
      runs: Math.ceil(RUNS / Math.sqrt(nodes)),
      seed: 1,
    });
    rows.push([`${medianMs / 1000} s`, String(nodes), seconds(mean), seconds(longest), requests.toFixed(1)]);
  }
}
const figures = table(['median duration', 'nodes', 'mean lag', 'longest lag', 'requests'], rows);
const page = `# Lag

From the end of a node's activity to when you are told, and the requests of one run after its POST. Nine of ten durations lie
within a factor of 1.5 of the median; a request takes ${LATENCY_MS} ms. In virtual time, by \`npm run bench:lag\`.

${figures}
`;
writeFileSync(fileURLToPath(new URL('../results/lag.md', import.meta.url)), page);
console.log(figures);
