import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GROWING, withLog } from './read-log/log.js';
import { isolated } from './read-log/readers.js';
import { medianRun, versionOf, type ProfiledRun } from './profile/run.js';
import { mapsBeside } from './profile/sources.js';
import { sumsOf } from './profile/sum.js';
import { tables } from './profile/tables.js';
import { serveLog } from './start/server.js';
import { environment } from './start/subjects.js';

const USAGE = `Where the time of a command goes: a CPU profile of the built command, summed up by package and by function.

  npm run bench:profile -- [OPTIONS] -- COMMAND ARGS…
  npm run bench:profile -- -- activities list
  npm run bench:profile -- --entries 100000 -- activities list --limit 0 -o ndjson

  --runs N         how often it is run; the run with the median time counts (default 3)
  --top N          how many functions are shown (default 20)
  --node PROGRAM   another Node than the one this runs by
  --entries N      asks a log of so many entries, which grows meanwhile; by default one that always gives the same
                   page, even where something is sent

What the command says on stderr is passed on. V8 compiles a function when it is first called: that counts for its caller,
and so, for the body of a CommonJS module, for the bundle.

Run \`npm run build\` first: it is the built command that is measured. Wants a machine that does nothing else:
what others take is counted for whatever the command did just then.
`;

const DIST = new URL('../dist/', import.meta.url).href;

interface Request {
  /** Of the command. */
  args: string[];
  runs: number;
  top: number;
  node: string;
  /** Of that Node. */
  version: string;
  /** Null where the page is always the same. */
  entries: number | null;
}

/** @throws Error for what cannot be carried out */
function requestFrom(args: string[]): Request | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '3' },
      top: { type: 'string', default: '20' },
      node: { type: 'string', default: process.execPath },
      entries: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return null;
  if (positionals.length === 0) throw new Error('Which command? Name it after `--`.');
  return {
    args: positionals,
    runs: count('--runs', values.runs),
    top: count('--top', values.top),
    node: values.node,
    version: versionOf(values.node),
    entries: values.entries === undefined ? null : count('--entries', values.entries),
  };
}

function count(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} takes a whole number from 1, not ${JSON.stringify(text)}.`);
  return Number(text);
}

async function profile(request: Request): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-bench-profile-'));
  try {
    const run = await served(request, folder);
    process.stderr.write(run.stderr);
    const sums = sumsOf(run.profile, mapsBeside(DIST));
    return `${heading(request, run.code, sums.us)}\n\n${tables(sums, request.top)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function heading({ args, version, runs, entries }: Request, code: number, us: number): string {
  return [
    `\`ldctl ${args.join(' ')}\`, Node ${version}`,
    entries === null ? '' : `, ${entries} entries`,
    `: ${(us / 1000).toFixed(0)} ms, the median of ${runs} ${runs === 1 ? 'run' : 'runs'}`,
    code === 0 ? '.' : `; it ended with ${code}.`,
  ].join('');
}

/** Runs it against a server of its own. */
async function served({ node, args, runs, entries }: Request, folder: string): Promise<ProfiledRun> {
  if (entries !== null) {
    return withLog({ entries, order: 'desc', ...GROWING }, (log) =>
      medianRun({ node, args, env: isolated(log, folder).env }, runs, folder),
    );
  }
  const server = await serveLog();
  try {
    return await medianRun({ node, args, env: environment(folder, server) }, runs, folder);
  } finally {
    server.close();
  }
}

async function main(): Promise<void> {
  let request: Request | null;
  try {
    request = requestFrom(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  console.log(request ? await profile(request) : USAGE);
}

await main();
