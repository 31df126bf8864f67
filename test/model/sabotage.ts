import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as JobModule from '../../src/job/index.js';
import type * as ExploreModule from './explore.js';
import type * as SettingsModule from './settings.js';
import type { WorldOptions } from './world.js';

/** One rule of the job, or of what it relies on, broken on purpose: the model has to find it. */
export interface Sabotage {
  name: string;
  /** A text of the job, and what takes its place. */
  file?: 'run.ts' | 'run-state.ts' | 'run-answer.ts' | 'run-read.ts' | 'entries.ts' | 'roll.ts';
  from?: string;
  to?: string;
  world?: Partial<WorldOptions>;
  /** Where it shows; elsewhere it costs only time. */
  settings: readonly string[];
}

const SOURCES = new URL('../../src/job/', import.meta.url);

/**
 * Whether any story of two faults shows it. The job with the sabotage is a module of its own; what
 * plays it is imported in the same way, so that both know the same classes of errors.
 * @throws when the text that it replaces is not there
 */
export async function isFound({
  file,
  from = '',
  to = '',
  world,
  settings,
}: Sabotage): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'ldctl-sabotage-'));
  try {
    mkdirSync(join(folder, 'job'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    for (const name of readdirSync(SOURCES)) {
      const source = readFileSync(new URL(name, SOURCES), 'utf8');
      const text = name === file ? broken(source, from, to) : source;
      const base = new URL('../base/', SOURCES).href;
      writeFileSync(
        join(folder, 'job', name),
        text.replace(/'\.\.\/base\/([\w-]+)\.js'/g, `'${base}$1.ts'`),
      );
    }
    const job = (await import(
      pathToFileURL(join(folder, 'job', 'index.ts')).href
    )) as typeof JobModule;
    const at = (name: string): string => new URL(name, import.meta.url).href;
    const { explore } = (await import(at('./explore.ts'))) as typeof ExploreModule;
    const { makerOf, SETTINGS } = (await import(at('./settings.ts'))) as typeof SettingsModule;
    const chosen = SETTINGS.filter(({ name }) => settings.includes(name));
    if (chosen.length !== settings.length) {
      throw new Error(`no such setting: ${settings.join(', ')}`);
    }
    return chosen.some(
      (setting) =>
        explore({ ...setting, ...world }, 2, makerOf(job), { enough: 1 }).broken.size > 0,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function broken(source: string, from: string, to: string): string {
  if (source.split(from).length !== 2) {
    throw new Error(`${source.includes(from) ? 'twice' : 'not'} there: ${from}`);
  }
  return source.replace(from, to);
}

export const SABOTAGES: readonly Sabotage[] = [
  {
    name: 'posts again without reading',
    file: 'run-state.ts',
    from: "run.state = { name: 'unknown', notBefore };",
    to: "run.state = { name: 'sending', notBefore: now + SECOND };",
    settings: ['named nodes, keys ignored'],
  },
  {
    name: 'a read right after the loss proves it',
    file: 'run-state.ts',
    from: 'READ_AFTER = 5 * SECOND',
    to: 'READ_AFTER = 0',
    settings: ['named nodes, keys ignored'],
  },
  {
    name: 'a 403 after a lost answer is a no',
    file: 'run-state.ts',
    from: 'run.trigger\n    ? run.sent !== null',
    to: "run.trigger\n    ? run.sent !== null && error.code !== 'denied'",
    settings: ['a log that shows late'],
  },
  {
    name: 'a redirect is sent again',
    file: 'run-answer.ts',
    from: 'noteSent(run, now).redirected = true;',
    to: '',
    settings: ['a log that shows late, keys ignored'],
  },
  {
    name: 'no record before the POST',
    file: 'run.ts',
    from: 'if (!trigger.kept) {',
    to: 'if (trigger.kept) {',
    settings: ['a key, killed and run again', 'a key, killed, keys ignored'],
  },
  {
    name: 'a record is sent again for ever',
    file: 'run-answer.ts',
    from: 'RESEND = 540 * SECOND',
    to: 'RESEND = 1e12',
    settings: ['one node, killed and run again'],
  },
  {
    name: 'every node is done when one is',
    file: 'entries.ts',
    from: 'this.listed?.here ?? []',
    to: '[]',
    settings: ['every node'],
  },
  {
    name: 'older entries count',
    file: 'run-read.ts',
    from: 'return id > (baseline ?? 0n) ||',
    to: 'return replay === null ||',
    settings: ['one node'],
  },
  {
    name: 'an interrupt within a POST is nothing',
    file: 'run-state.ts',
    from: "if (run.state.name === 'posting') {\n    noteSent",
    to: 'if (false as boolean) {\n    noteSent',
    settings: ['named nodes'],
  },
  {
    name: 'a replay is done by the first that it finds',
    file: 'run-read.ts',
    from: 'if (replay) {\n    // Until',
    to: 'if (false as boolean) {\n    // Until',
    settings: ['a replay without a record'],
  },
  {
    name: 'a replay takes the older entry',
    file: 'run-read.ts',
    from: 'id <= (baseline ?? 0n) && (newest.get(node) ?? -1n) > id',
    to: 'newest.get(node) === id && recent.some((other) => other.node_id === node && other.id < id)',
    settings: ['a replay that the log shows already'],
  },
  {
    name: 'a rejected node is forgotten',
    file: 'run-read.ts',
    from: "return 'rejected';",
    to: "return 'completed';",
    settings: ['named nodes'],
  },
  {
    name: 'one node is enough of two',
    file: 'entries.ts',
    from: 'return this.wanted.nodes ??',
    to: 'return this.wanted.nodes?.slice(0, 1) ??',
    settings: ['named nodes'],
  },
  {
    name: 'a count is met by fewer',
    file: 'entries.ts',
    from: '(wanted.expect ?? 0);',
    to: '(wanted.expect ?? 1) - 1;',
    settings: ['a count'],
  },
  {
    name: 'a replay is taken by a run that may have sent',
    file: 'run-answer.ts',
    from:
      'if (answer.replayed && run.trigger?.kept && !run.sent?.isOurs) {\n    // What was in progress started at about the time of the first POST.\n' +
      '    const reach = run.sent && firstAt !== null ? now - firstAt + MINUTE : REPLAY;',
    to: 'if (answer.replayed) {\n    const reach = REPLAY;',
    settings: ['one node'],
  },
  {
    name: 'a record is replaced by one that slept',
    file: 'run-answer.ts',
    from: 'return continueFrom(run, fact.kept, now);',
    to: 'return void Object.assign(run.trigger ?? {}, { kept: false });',
    settings: ['two processes, keys ignored', 'two processes with one key'],
  },
  {
    name: 'a POST that goes on from a record makes none',
    world: { isSparing: true },
    settings: ['two, the first POST lost', 'three, keys ignored'],
  },
  {
    name: 'a stale record is followed for ever',
    file: 'run-read.ts',
    from: 'if (isTooLate(run, now)) {\n      giveUp(run, run.lastError);',
    to: 'if (isTooLate(run, now)) {',
    settings: ['a key, killed and run again'],
  },
  {
    name: 'a gate that was cut off has passed',
    file: 'roll.ts',
    from: 'wasAsked ? ended :',
    to: 'ended ? ended :',
    settings: ['a roll, killed and run again'],
  },
  {
    name: 'a baseline is read as if nothing was left out',
    file: 'run-read.ts',
    from: 'log.entries[0]?.id ?? log.above ?? 0n',
    to: 'log.entries[0]?.id ?? 0n',
    settings: ['a roll over nodes with older entries'],
  },
];
