import { verbOf } from '../base/activity.js';
import { elapsedText } from '../base/durations.js';
import { usageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { capitalized, count, plainText, shortList } from '../base/text.js';
import type { Profile } from '../config/profiles.js';
import { protectorOf, type DeploymentRef } from '../config/settings.js';
import { deploymentText } from '../config/structure.js';
import type { OpenDeployment } from '../app/open.js';
import type { Findings } from '../app/survey.js';
import { oddStatus } from '../job/busy.js';
import { nodeText } from '../output/columns.js';
import type { CommandContext } from './context.js';
import type { Host } from './host.js';
import { Declined, type Prompts } from './prompts.js';
import { whomPicked, type Whom } from './whom.js';

interface ConsentFlags {
  yes: boolean;
  confirm?: string | undefined;
  'if-busy'?: string | undefined;
}

/** What consent is about. */
interface Asked {
  /** Such as `restart iggy`. */
  what: string;
  runtime: string;
  action: string;
  /** Naming nodes is consent. Undefined: every node. */
  nodes: readonly Id[] | undefined;
  /**
   * What is known of the deployment; nothing where a record of an earlier run is followed, and
   * where no one is asked.
   */
  found?: Findings | null;
  whom: Whom;
}

/** What an answer changes of a request: only these nodes, or to wait for what keeps some busy. */
interface Consent {
  nodes?: readonly Id[];
  ifBusy?: 'wait';
}

/**
 * Refuses, before anything is read, what would have to be asked where there is no one to ask. Every
 * node takes `--yes` or `--confirm`; a protected deployment takes `--confirm`, and `--yes` is not
 * enough.
 * @throws UsageError
 */
export function requireConsent(
  { prompts, settings: { deployment } }: CommandContext,
  { what, nodes }: Pick<Asked, 'what' | 'nodes'>,
  flags: ConsentFlags,
  protector = protectorOf(deployment),
) {
  if (consentNeeded(prompts, protector, nodes, flags) !== 'refuse') return;
  const whom = nodes ? count(nodes.length, 'node') : 'every node';
  const { named } = deployment;
  const where = named ? ` of ${deploymentText(named.value)}` : '';
  throw missing(
    `this would ${what} on ${whom}${where}, and ldctl cannot ask without a terminal; nothing was sent`,
    protector
      ? `Profile ${protector.name} protects it: add --confirm with its name, path or id; --yes is not enough.`
      : 'Add --yes to act on every node, or name nodes with --node.',
  );
}

/** Whether to ask, or to refuse where no one can be asked; `no` where flags give the consent. */
export function consentNeeded(
  prompts: Prompts | null,
  protector: Profile | null,
  nodes: Asked['nodes'],
  { yes, confirm }: ConsentFlags,
): 'no' | 'ask' | 'refuse' {
  if (confirm !== undefined || (!protector && (nodes || yes))) return 'no';
  return prompts ? 'ask' : 'refuse';
}

/**
 * Asks whether it is meant, if no flag says so: once the deployment is known, before anything is
 * sent.
 * @throws Declined; Unanswered; Interrupted
 */
export async function consentTo(
  context: CommandContext,
  { protector, ref, place: nameIt }: OpenDeployment,
  asked: Asked,
  flags: ConsentFlags,
): Promise<Consent> {
  const { prompts } = context;
  const { nodes } = asked;
  if (!prompts || consentNeeded(prompts, protector, nodes, flags) === 'no') return {};
  const place = ` of ${await nameIt()}`;
  const question = questionOf(context, asked, place, flags);
  if (protector) {
    await askForName(prompts, asked, question, namesOf(ref));
    // What keeps a node busy is a question of its own.
    if (!question.mayWait) return {};
  }
  const answer = await askForYes(prompts, question, nodes ? 0 : listedIn(asked).length);
  if (answer !== 'some') return consentOf(answer);
  // Picking is no consent.
  const picked = await pick(context.host, prompts, asked, place);
  const again = questionOf(context, picked, '', flags);
  return { nodes: picked.nodes, ...consentOf(await askForYes(prompts, again, 0)) };
}

const consentOf = (answer: string): Consent => (answer === 'wait' ? { ifBusy: 'wait' } : {});

const listedIn = ({ found }: Asked): readonly Id[] =>
  found ? [...found.listed.here, ...found.listed.elsewhere] : [];

/** `Restart iggy on all 3 nodes of …`, and in `aside` what is known of them, or ''. */
function questionOf(
  { host }: CommandContext,
  { what, action, nodes, found, whom: { who, more = '', notes = [], number = who } }: Asked,
  place: string,
  flags: ConsentFlags,
) {
  const busy = found ? busyNodesText(host, found) : '';
  const busyNodes = new Set(found?.busy.map(({ node_id: node }) => node)).size;
  const note = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const all = nodes && nodes.length > 1 ? number : who;
  const them = busyNodes === 1 ? 'it' : `the ${busyNodes}`;
  return {
    shown: (node: Id) => nodeText(node, host.output.stderr),
    text: `${capitalized(what)} on ${who}${place}${more}`,
    aside: `${note}${busy && ` ${capitalized(busy)}.`}`,
    yes: `yes, ${all}`,
    wait: `wait for ${them} to finish, then ${verbOf(action)} ${all}`,
    mayWait: busy !== '' && flags['if-busy'] === undefined,
  };
}
type Question = ReturnType<typeof questionOf>;

/** Asks until one of the names is typed. @throws Declined for none */
async function askForName(
  prompts: Prompts,
  { nodes }: Asked,
  { text, aside, shown }: Question,
  names: readonly string[],
) {
  const [expected = ''] = names;
  const named = nodes && nodes.length > 1 ? ` (${shortList(nodes.map(shown), 20)})` : '';
  const typed = await prompts.text(`${text}${named}?${aside} Type ${expected} to go ahead:`, {
    validate: (answer) =>
      ['', ...names].includes(answer.trim()) ||
      `${JSON.stringify(answer.trim())} is not ${expected}`,
  });
  if (typed.trim() === '') throw new Declined();
}

/**
 * @param listed how many nodes there are to pick from
 * @throws Declined for no
 */
async function askForYes(
  prompts: Prompts,
  { text, aside, yes, wait, mayWait }: Question,
  listed: number,
): Promise<'all' | 'some' | 'wait'> {
  // Each answer keeps its place; what depends on the moment comes last. No comes first: a key such
  // as Delete must not mark a yes.
  const answer = await prompts.choose<'no' | 'all' | 'some' | 'wait'>(`${text}?${aside}`, [
    { value: 'no', name: 'no' },
    { value: 'all', name: yes },
    ...(listed > 1 ? [{ value: 'some' as const, name: 'some of them' }] : []),
    ...(mayWait ? [{ value: 'wait' as const, name: wait }] : []),
  ]);
  if (answer === 'no') throw new Declined();
  return answer;
}

/** Lets the person pick from the nodes that the log lists. @returns what is asked about then */
async function pick(host: Host, prompts: Prompts, asked: Asked, place: string) {
  const { runtime, found = null } = asked;
  const listed = listedIn(asked);
  const { nodeRows } = await import('./node-state.js');
  const rows = await nodeRows(host, { listed, runtime, found });
  const nodes = await prompts.nodes(`On which nodes${place}?`, rows);
  const busy = found?.busy.filter(({ node_id: node }) => nodes.includes(node)) ?? [];
  const whom = whomPicked(nodes, listed, host.output.stderr);
  return { ...asked, nodes, found: found && { ...found, busy }, whom };
}

const BEING: Readonly<Record<string, string>> = {
  start: 'started',
  stop: 'stopped',
  restart: 'restarted',
  reconfigure: 'reconfigured',
};
/** How many busy nodes a question lists. */
const MOST_BUSY = 3;

/** `node 7 is being restarted (3s)`; '' where none is busy. */
export function busyNodesText({ clock, output }: Host, { busy, serverTime }: Findings) {
  // The newest entry of each node: a map keeps the last.
  const newest = new Map([...busy].reverse().map((entry) => [entry.node_id, entry]));
  const texts = [...newest.values()].map((entry) => {
    const { node_id: node, action, created_at: at } = entry;
    const age = (serverTime ?? clock.now()) - Date.parse(at);
    const done = BEING[verbOf(action)];
    const being = done === undefined ? `busy with ${action}` : `being ${done}`;
    const took = Number.isNaN(age) ? '' : ` (${elapsedText(age)}${oddStatus(entry)})`;
    return `node ${nodeText(node, output.stderr)} is ${being}${took}`;
  });
  return plainText(shortList(texts, MOST_BUSY));
}

/** @throws UsageError for a `--confirm` of another deployment */
export async function checkConfirm({ ref, place }: OpenDeployment, { confirm }: ConsentFlags) {
  if (confirm === undefined || namesOf(ref).includes(confirm)) return;
  await place();
  if (namesOf(ref).includes(confirm)) return;
  throw missing(
    `--confirm ${JSON.stringify(confirm)} does not name the deployment; nothing was sent`,
    `Give one of: ${namesOf(ref).join(', ')}.`,
  );
}

/** What may be typed for the deployment, as far as it is known: the longest first. */
const namesOf = ({ path, name, id }: DeploymentRef) =>
  [path, name, String(id)].filter((text) => text !== null);

function missing(message: string, hint: string) {
  return usageError('consent_missing', message, hint);
}
