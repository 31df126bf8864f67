import { doneText, newestOfEach, verbOf } from '../base/activity.js';
import { elapsedText } from '../base/durations.js';
import { usageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { capitalized, count, plainText, shortList } from '../base/text.js';
import type { Profile } from '../config/profiles.js';
import { protectorOf, type DeploymentRef, type Settings } from '../config/settings.js';
import { deploymentText } from '../config/structure.js';
import type { OpenDeployment } from '../app/open.js';
import type { Findings } from '../app/survey.js';
import { oddStatus } from '../job/busy.js';
import { nodeText } from '../output/columns.js';
import { nextText } from '../output/sentence.js';
import type { CommandContext, Target } from './context.js';
import type { Host } from './host.js';
import { nodeChoices } from './node-rows.js';
import { Declined, type Prompts } from './prompts.js';
import { sayWhom, whomOf, whomPicked, type Meant, type Whom } from './whom.js';

export interface ConsentFlags {
  yes: boolean;
  confirm?: string | undefined;
  'dry-run': boolean;
  resume?: string | undefined;
}

/** What is to be done, and to which nodes. */
export interface Intent extends Omit<Meant, 'found'> {
  /** Such as `restart iggy`. */
  what: string;
  action: string;
  /** Whether it ends only when each node has. */
  wait: boolean;
  /** Where arguments were missing: what a person has chosen, as a command. */
  chosen?: ((changes: Changes) => string) | null;
}

/** Where it is to be done, and what is known before. */
export interface Before {
  deployment: OpenDeployment;
  /** Whether a person has to consent; a dry run says what would be asked. */
  isAsked: boolean;
  /** Null where nothing has to be known, or a record says it. */
  found: Findings | null;
}

/**
 * Whether a person is to be asked. Naming nodes is consent, and so is `--yes` for every node, but
 * not on a protected deployment, which takes `--confirm`. What was chosen from lists is always asked
 * about.
 * @param deployment null before it is opened, when only the settings say what protects it
 * @throws UsageError where it would have to be asked, and there is no one to ask
 */
export function isToBeAsked(
  { prompts }: CommandContext,
  { settings }: Target,
  deployment: OpenDeployment | null,
  intent: Intent,
  { yes, confirm, 'dry-run': isDry, resume }: ConsentFlags,
): boolean {
  const protector = deployment ? deployment.protector : protectorOf(settings.deployment);
  if (intent.chosen) return true;
  // By now `checkConfirm` has let Core say what the deployment is called.
  const isConfirmed = confirm !== undefined && (!deployment || isNamed(deployment, confirm));
  const isMeant = yes || intent.nodes !== undefined || resume !== undefined;
  if (isConfirmed || (!protector && isMeant)) return false;
  if (prompts || isDry) return true;
  throw noOneToAsk(settings, protector, intent);
}

function noOneToAsk(
  { deployment: { named } }: Settings,
  protector: Profile | null,
  { what, nodes }: Intent,
) {
  const whom = nodes ? count(nodes.length, 'node') : 'every node';
  const place = named ? ` of ${deploymentText(named.value)}` : '';
  return usageError(
    'consent_missing',
    `this would ${what} on ${whom}${place}, and ldctl cannot ask without a terminal; nothing was sent`,
    protector
      ? `Profile ${protector.name} protects it: add --confirm with its name, path or id; --yes is not enough.`
      : 'Add --yes to act on every node, or name nodes with --node.',
  );
}

/** What an answer changes of a request: only these nodes, or to wait for what keeps some busy. */
export interface Changes {
  nodes?: readonly Id[];
  ifBusy?: 'wait';
}

/**
 * Says what is to be known beforehand, and asks whether it is meant, if that is to be asked.
 * @returns what the answer changes, and which nodes it is about, in words
 * @throws Declined; Interrupted
 */
export async function agree(
  context: CommandContext,
  before: Before,
  intent: Intent,
  ifBusy: string | undefined,
) {
  const { deployment, isAsked, found } = before;
  const { chosen, nodes } = intent;
  const meant = { ...intent, found };
  const { prompts } = context;
  const { stderr, options } = context.host.output;
  const whom =
    chosen && nodes
      ? whomPicked(nodes, [...listedNodes(meant), ...nodes], stderr)
      : sayWhom(context, meant, { isAsked, isDry: false });
  if (!isAsked || !prompts) return { changes: {}, whom };
  const changes = await ask(context.host, prompts, deployment, { ...meant, whom, ifBusy });
  if (chosen && !options.quiet) {
    stderr.write(nextText(stderr, chosen(changes), 'as a command:'));
  }
  return { changes, whom: whomOf({ ...meant, ...changes }, stderr) };
}

/** What is asked about. */
interface Asked extends Intent, Pick<Before, 'found'> {
  whom: Whom;
  ifBusy: string | undefined;
}

async function ask(
  host: Host,
  prompts: Prompts,
  { account, protector, ref, place: nameIt }: OpenDeployment,
  asked: Asked,
): Promise<Changes> {
  const place = ` of ${await nameIt()}`;
  if (protector) {
    const { text, aside, mayWait } = questionOf(host, asked, place);
    const { nodes = [] } = asked;
    const texts = nodes.map((node) => nodeText(node, host.output.stderr));
    const named = texts.length > 1 ? ` (${shortList(texts, 20)})` : '';
    // Someone who uses another profile does not know why a name is asked for.
    const isInUse = account.settings.profile?.name === protector.name;
    const why = isInUse ? '' : ` Profile ${protector.name} protects this deployment.`;
    await askForName(prompts, `${text}${named}?${aside}${why}`, namesOf(ref));
    // What keeps a node busy is a question of its own.
    if (!mayWait) return {};
  }
  return askForYes(host, prompts, asked, place);
}

const listedNodes = ({ found }: Pick<Before, 'found'>) =>
  found ? [...found.listed.here, ...found.listed.elsewhere] : [];

/** `Restart iggy on all 3 nodes of …`, in `aside` what is known of them, or '', and the answers. */
function questionOf(
  host: Host,
  { what, action, nodes, found, ifBusy, whom }: Asked,
  place: string,
) {
  const { who, more = '', notes = [], number = who } = whom;
  const busy = found ? busyNodesText(host, found) : '';
  const busyNodes = new Set(found?.busy.map(({ node_id: node }) => node)).size;
  const note = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  const all = nodes && nodes.length > 1 ? number : who;
  const them = busyNodes === 1 ? 'it' : `the ${busyNodes}`;
  return {
    text: `${capitalized(what)} on ${who}${place}${more}`,
    aside: `${note}${busy && ` ${capitalized(busy)}.`}`,
    yes: `yes, ${all}`,
    wait: `wait for ${them} to finish, then ${verbOf(action)} ${all}`,
    mayWait: busy !== '' && ifBusy === undefined,
  };
}

/** Asks until one of the names is typed. @throws Declined for none */
async function askForName(prompts: Prompts, question: string, names: readonly string[]) {
  const [expected = ''] = names;
  const typed = await prompts.text(`${question} Type ${expected} to go ahead:`, {
    validate: (answer) =>
      ['', ...names].includes(answer.trim()) ||
      `${JSON.stringify(answer.trim())} is not ${expected}`,
  });
  if (typed.trim() === '') throw new Declined();
}

/** Asks, and once more where only some of the nodes are meant. @throws Declined for no */
async function askForYes(
  host: Host,
  prompts: Prompts,
  asked: Asked,
  place: string,
): Promise<Changes> {
  const { text, aside, yes, wait, mayWait } = questionOf(host, asked, place);
  const { runtime, found } = asked;
  const listed = listedNodes(asked);
  const mayPick = !asked.nodes && listed.length > 1;
  // Each answer keeps its place; what depends on the moment comes last. No comes first: a key such
  // as Delete must not mark a yes.
  const answer = await prompts.choose<Changes | 'no' | 'some'>(`${text}?${aside}`, [
    { value: 'no', name: 'no' },
    { value: {}, name: yes },
    ...(mayPick ? [{ value: 'some' as const, name: 'some of them' }] : []),
    ...(mayWait ? [{ value: { ifBusy: 'wait' as const }, name: wait }] : []),
  ]);
  if (answer === 'no') throw new Declined();
  if (answer !== 'some') return answer;
  const choices = await nodeChoices(host, { listed, runtime, found });
  const nodes = await prompts.nodes(`On which nodes${place}?`, choices);
  const busy = found?.busy.filter(({ node_id: node }) => nodes.includes(node)) ?? [];
  const whom = whomPicked(nodes, listed, host.output.stderr);
  const picked = { ...asked, nodes, found: found && { ...found, busy }, whom };
  // Picking is no consent.
  return { nodes, ...(await askForYes(host, prompts, picked, place)) };
}

/** How many busy nodes a question lists. */
const MOST_BUSY = 3;

/** `node 7 is being restarted (3s)`; '' where none is busy. */
export function busyNodesText({ clock, output }: Host, { busy, serverTime }: Findings) {
  const texts = [...newestOfEach(busy).values()].map((entry) => {
    const { node_id: node, action, created_at: at } = entry;
    const age = (serverTime ?? clock.now()) - Date.parse(at);
    const done = doneText(verbOf(action));
    const being = done === undefined ? `busy with ${action}` : `being ${done}`;
    const took = Number.isNaN(age) ? '' : ` (${elapsedText(age)}${oddStatus(entry)})`;
    return `node ${nodeText(node, output.stderr)} is ${being}${took}`;
  });
  return plainText(shortList(texts, MOST_BUSY));
}

/** @throws UsageError for a `--confirm` that does not name it */
export async function checkConfirm(deployment: OpenDeployment, text: string | undefined) {
  if (text === undefined || isNamed(deployment, text)) return;
  // Core may have to say what it is called.
  await deployment.place();
  if (isNamed(deployment, text)) return;
  throw usageError(
    'consent_missing',
    `--confirm ${JSON.stringify(text)} does not name the deployment; nothing was sent`,
    `Give one of: ${namesOf(deployment.ref).join(', ')}.`,
  );
}

/** What may be typed for the deployment, as far as it is known: the longest first. */
const namesOf = ({ path, name, id }: DeploymentRef) =>
  [path, name, String(id)].filter((text) => text !== null);

/** Whether a `--confirm` names it, as far as its names are known. */
const isNamed = ({ ref }: OpenDeployment, text: string) => namesOf(ref).includes(text);
