import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { follow } from './follow/part.js';
import { notice } from './notice/part.js';
import { type BenchOptions, type Part } from './part.js';
import { read } from './read-log/part.js';
import { start } from './start/part.js';

const PARTS: Readonly<Record<string, Part>> = { start, read, follow, notice };
const NAMES = Object.keys(PARTS).join(', ');

const USAGE = `The bench: how fast the built command starts, reads a long log, follows, and notices an end, beside others.

  npm run bench -- [PART…]   only these of: ${NAMES}

  --runs N         how often each command line is started (default 15)
  --node PROGRAM   another Node to measure the start with, beside the one this runs by; may be repeated
  --peers FOLDER   where other CLIs are installed by npm; without it they are named as not measured
  --quick          only as much as shows that it works
  --print          prints the figures only; by default they are also written to docs/performance.md

Run \`npm run build\` first: it is the built command that is measured. Wants a machine that does nothing else.
`;

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      node: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
      quick: { type: 'boolean', default: false },
      print: { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
  if (unknown.length > 0) throw new Error(`no part of the bench: ${unknown.join(', ')}; the parts are ${NAMES}`);
  const { quick, print, node: nodes, peers } = values;
  const options: BenchOptions = { quick, runs: Number(values.runs ?? (quick ? 2 : 15)), nodes, peers };
  // One after the other: they would measure each other.
  for (const [name, measure] of Object.entries(PARTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const figures = await measure(options);
    console.log(`\n${name}${quick ? ' (quick: the figures say little)' : ''}\n\n${figures}`);
    if (!print) write(name, figures);
  }
}

/** Puts figures in their place. @throws Error when the page has none */
function write(name: string, figures: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [start, stop] = [`<!-- ${name} -->`, `<!-- ${name} stop -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(stop)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no ${start} … ${stop}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${start}\n${figures}\n${page.slice(to)}`);
}

await main();
