import { readFileSync } from 'node:fs';
import { BY_RULE } from '../test/model/sabotages/index.js';
import { sessionFiles } from '../test/sessions/player/files.js';
import { readScript } from '../test/sessions/player/script.js';
import { TOPICS } from '../test/topics.js';

const MOST_SESSIONS = 4;

/**
 * By topic: the clauses of the judge, how many sabotages trip them, and the sessions.
 * @throws Error for a tag or a rule that no topic has, and a topic without a session
 */
export function topicTable(): string[] {
  const sessions = sessionFiles().map(({ name, path }) => ({
    name,
    tags: readScript(readFileSync(path, 'utf8')).tags,
  }));
  const sabotages = Object.values(BY_RULE).flatMap((rules) => Object.entries(rules));
  const rules = Object.values(TOPICS).flatMap((topic) => topic.rules);
  refuse(
    'tags without a topic',
    new Set(sessions.flatMap(({ tags }) => tags)),
    Object.keys(TOPICS),
  );
  refuse('rules without a topic', new Set(sabotages.map(([rule]) => rule)), rules);
  const rows = Object.entries(TOPICS).map(([tag, { says, rules: own }]) => {
    const found = sabotages.flatMap(([rule, some]) => (own.includes(rule) ? some : []));
    const clauses = [...new Set(found.map(({ clause }) => clause))];
    const shown = sessions.filter(({ tags }) => tags.includes(tag));
    if (shown.length === 0) throw new Error(`no session has the tag #${tag}`);
    return `| \`#${tag}\` | ${says} | ${clauses.join(', ')} | ${found.length || ''} | ${links(shown)} |`;
  });
  return [
    '| topic | what is promised | clauses of the judge | sabotages | sessions |',
    '|---|---|---|---|---|',
    ...rows,
  ];
}

function links(sessions: ReadonlyArray<{ name: string }>): string {
  const some = sessions
    .slice(0, MOST_SESSIONS)
    .map(({ name }) => `[${name}](sessions/${name}.txt)`);
  const more = sessions.length - some.length;
  return [...some, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function refuse(what: string, names: Iterable<string>, known: readonly string[]): void {
  const unknown = [...names].filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${what}: ${unknown.join(', ')}`);
}
