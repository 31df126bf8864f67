import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { follow } from './follow/part.js';
import { type BenchOptions, type Part } from './part.js';
import { read } from './read-log/part.js';
import { start } from './start/part.js';

const PARTS: Readonly<Record<string, Part>> = { start, read, follow };
const NAMES = Object.keys(PARTS).join(', ');

const USAGE = `The bench: how fast the built command starts, reads a long log and follows, beside others.

  npm run bench -- [PART…]   only these of: ${NAMES}

  --runs N         how often each command line is started (default 15)
  --node PROGRAM   another Node to measure the start with, beside the one this runs by; may be repeated
  --peers FOLDER   where other CLIs are installed by npm; without it they are named as not measured
  --quick          only as much as shows that it works; writes nothing
  --print          prints the figures only; by default they are also written to bench/results/

Run \`npm run build\` first: it is the built command that is measured. Wants a machine that does nothing else.
`;

const RESULTS = new URL('results/', import.meta.url);

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
    if (!print && !quick) write(name, figures);
  }
}

function write(name: string, figures: string): void {
  writeFileSync(
    new URL(`${name}.md`, RESULTS),
    `# ${name}\n\nWritten by \`npm run bench -- ${name}\`.\n\n${figures}\n`,
  );
}

await main();
