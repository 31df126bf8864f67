import { type CommandLine, printOptionsOf } from '../../../src/cli/line/argv.js';
import { assertMatches } from '../../helpers/schemas.js';

/** The schemas of what a command prints as JSON, and of each of its lines as NDJSON. */
type Schemas = readonly [json: string, line: string];

const RUN: Schemas = ['run-result', 'run-event'];
const PROFILE: Schemas = ['profile', 'profile'];

/** By command. Those that are missing print no JSON that has a schema. */
const SCHEMAS: Readonly<Record<string, Schemas>> = {
  'activities:list': ['activity-list', 'activity'],
  'activities:show': ['activity', 'activity'],
  'activities:stats': ['work-stats-list', 'work-stats'],
  'activities:trigger': RUN,
  'activities:roll': RUN,
  'activities:roll --resume list': ['open-roll-list', 'open-roll'],
  'activities:wait': RUN,
  'deployments:list': ['deployment-list', 'deployment'],
  'nodes:list': ['node-list', 'node'],
  'profiles:add': PROFILE,
  'profiles:list': ['profile-list', 'profile'],
  'profiles:remove': ['profile-removed', 'profile-removed'],
  'profiles:show': PROFILE,
  'profiles:update': PROFILE,
  'profiles:use': PROFILE,
  whoami: ['identity', 'identity'],
};
const WITHOUT = ['nodes:name', 'version'];

/**
 * Holds the JSON that a command printed against its schema.
 * @throws AssertionError for what does not match; Error where no schema is known
 */
export function checkDocuments({ command, flags }: CommandLine, stdout: string): void {
  const { format, numberIds } = printOptionsOf(flags);
  if (stdout === '' || (format !== 'json' && format !== 'ndjson')) return;
  const has = (name: string): boolean => flags.some((flag) => flag.name === name);
  const isOfRolls = flags.some(({ name, value }) => name === 'resume' && value === 'list');
  const id = isOfRolls ? 'activities:roll --resume list' : (command?.id ?? '');
  const texts = format === 'json' ? [stdout] : stdout.trimEnd().split('\n');
  for (const text of texts) {
    const schema = isError(text) ? 'error' : schemaFor(id, format, has);
    if (schema !== null) assertMatches(schema, text, numberIds ? 'integer' : 'string');
  }
}

const isError = (text: string): boolean => {
  const names = Object.keys(JSON.parse(text) as object);
  return names.length === 1 && names[0] === 'error';
};

function schemaFor(
  id: string,
  format: 'json' | 'ndjson',
  has: (flag: string) => boolean,
): string | null {
  if (WITHOUT.includes(id)) return null;
  const schemas = SCHEMAS[id];
  if (!schemas) throw new Error(`no schema is known for what ${id || 'this'} prints`);
  if (format === 'json') return has('dry-run') ? 'dry-run' : schemas[0];
  return has('watch') || has('follow') ? `${schemas[0]}-event` : schemas[1];
}
