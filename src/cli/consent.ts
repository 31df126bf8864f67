import { UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count, shortList } from '../base/text.js';
import type { Settings } from '../config/settings.js';
import type { Target } from '../config/target.js';
import { nodeText } from '../output/columns.js';
import type { CommandContext } from './context.js';
import type { Prompts } from './prompts.js';
import { saying } from './signals.js';

type ConsentFlags = { yes: boolean; confirm?: string | undefined };

/** `restart iggy`, and the nodes that are named, which is consent; null for every node. */
interface Request {
  what: string;
  nodes: readonly Id[] | null;
}
/** `known`: the nodes that the log names, which is read only where someone is asked. */
type TargetedRequest = Request & { known: () => Promise<readonly Id[]> };

/** The answer "no": all has been said. */
export class Declined extends UsageError {
  constructor() {
    super('not confirmed; nothing was sent', { code: 'consent_missing' });
  }
}

/**
 * Refuses, before anything is read, what would have to be asked where there is no one to ask. Every
 * node takes `--yes` or `--confirm`; a protected profile takes `--confirm`, and `--yes` is not
 * enough.
 * @throws UsageError
 */
export function requireConsent(
  context: CommandContext,
  { what, nodes }: Request,
  flags: ConsentFlags,
): void {
  const { profile, deployment } = context.settings;
  if (context.prompts || isGiven(profile, nodes, flags)) return;
  const whom = nodes === null ? 'every node' : count(nodes.length, 'node');
  const where = deployment ? ` of deployment ${deployment.value.name ?? deployment.value.id}` : '';
  throw missing(
    `this would ${what} on ${whom}${where}, and there is no one to ask; nothing was sent`,
    profile?.protected
      ? `Profile ${profile.name} protects it: add --confirm with its name, path or id; --yes is not enough.`
      : 'Add --yes to act on every node, or name nodes with --node.',
  );
}

/**
 * Makes sure that it is meant, once the deployment is known and before anything is sent.
 * @returns the nodes to act on: those that were named, or that were chosen now; null for every node
 * @throws UsageError for a `--confirm` of another deployment, and where consent is missing;
 * Interrupted
 */
export async function consentTo(
  context: CommandContext,
  target: Target,
  request: TargetedRequest,
  flags: ConsentFlags,
): Promise<readonly Id[] | null> {
  requireConsent(context, request, flags);
  await checkConfirm(context, target, flags);
  const { prompts, settings } = context;
  if (!prompts || isGiven(settings.profile, request.nodes, flags)) return request.nodes;
  return ask(context, prompts, target, request).catch(saying('Nothing was sent.'));
}

async function ask(
  context: CommandContext,
  prompts: Prompts,
  target: Target,
  { what, nodes, known }: TargetedRequest,
) {
  const { id, name } = target.deployment;
  const where = (await context.placeOf(target)) ?? `deployment ${name ?? id}`;
  const all = nodes ?? (await known());
  const { stderr } = context.host.output;
  const shown = (node: Id): string => nodeText(node, stderr);
  const [one] = all;
  const some =
    one !== undefined && all.length === 1
      ? `node ${shown(one)}`
      : `${nodes ? '' : 'all '}${count(all.length, 'node')}`;
  const whom = all.length === 0 ? 'every node' : some;
  const question = `${what.charAt(0).toUpperCase()}${what.slice(1)} on ${whom} of ${where}`;
  if (context.settings.profile?.protected) {
    const named = nodes && nodes.length > 1 ? ` (${shortList(nodes.map(shown), 20)})` : '';
    const typed = await prompts.text(`${question}${named}? Type ${name ?? id} to go ahead:`);
    if (typed.trim() === String(name ?? id)) return nodes;
    throw new Declined();
  }
  const answer = await prompts.choose(
    all.length === 0 ? `${question}? Its log names none yet.` : `${question}?`,
    [
      { value: 'all', name: `yes, ${whom}` },
      ...(all.length > 1 ? [{ value: 'some', name: 'some of them' }] : []),
      { value: 'no', name: 'no' },
    ],
    'no',
  );
  if (answer === 'all') return null;
  const choices = all.map((node) => ({ value: node, name: shown(node) }));
  const chosen = answer === 'no' ? [] : await prompts.some(`On which nodes of ${where}?`, choices);
  if (chosen.length === 0) throw new Declined();
  return chosen;
}

/**
 * @throws UsageError for a `--confirm` of another deployment, and where the name of this one cannot
 * be had
 */
export async function checkConfirm(
  context: CommandContext,
  target: Target,
  { confirm }: ConsentFlags,
): Promise<void> {
  const { deployment } = target;
  const { id } = deployment;
  if (confirm === undefined || [String(id), deployment.name].includes(confirm)) return;
  // An id is the deployment's or it is not; all else may be a name or a path that is not known yet.
  const path = /^\d+$/.test(confirm) ? null : await context.placeOf(target);
  if ([deployment.name, path].includes(confirm)) return;
  const known = path ?? deployment.name;
  throw missing(
    `--confirm ${JSON.stringify(confirm)} does not name the deployment; nothing was sent`,
    known === null
      ? `Its name is not known here: give its id, ${id}.`
      : `The deployment is ${known} (${id}).`,
  );
}

function isGiven(
  profile: Settings['profile'],
  nodes: Request['nodes'],
  { yes, confirm }: ConsentFlags,
): boolean {
  return confirm !== undefined || (!profile?.protected && (nodes !== null || yes));
}

function missing(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'consent_missing', hint });
}
