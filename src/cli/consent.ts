import { UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count, shortList } from '../base/text.js';
import type { Settings } from '../config/settings.js';
import type { Target } from '../config/target.js';
import type { CommandContext } from './context.js';
import { filled } from './flags.js';
import { saying } from './signals.js';

interface ConsentFlags {
  yes: boolean;
  confirm?: string | undefined;
}

/** What is about to happen. */
interface Deed {
  /** `restart iggy` */
  what: string;
  /** Those that are named, which is consent; null for every node. */
  nodes: readonly Id[] | null;
}

interface KnownDeed extends Deed {
  target: Target;
  /** The nodes that the log names; read only where someone is asked. */
  known: () => Promise<readonly Id[]>;
}

type Asking = Pick<CommandContext, 'prompts' | 'settings' | 'placeOf'>;

/** The answer "no": all has been said. */
export class Declined extends UsageError {
  constructor() {
    super('not confirmed; nothing was sent', { code: 'consent_missing' });
  }
}

/**
 * Refuses, before anything is read, what would have to be asked where there is no one to ask. Every node takes `--yes`
 * or `--confirm`; a protected profile takes `--confirm`, and `--yes` is not enough.
 * @throws UsageError
 */
export function requireConsent({ prompts, settings }: Asking, { what, nodes }: Deed, flags: ConsentFlags): void {
  if (flags.confirm !== undefined) filled(flags.confirm.trim(), '--confirm');
  const { profile, deployment } = settings;
  if (prompts || isGiven(settings, nodes, flags)) return;
  const ref = deployment?.value;
  const where = ref ? ` of deployment ${ref.name ?? ref.id}` : '';
  const whom = nodes === null ? 'every node' : `${count(nodes.length, 'node')} (${shortList(nodes, 20)})`;
  const [why, hint] = profile?.protected
    ? [
        `, which profile ${profile.name} protects`,
        'Add --confirm with the name, path or id of the deployment; --yes is not enough on a protected profile.',
      ]
    : ['', 'Add --yes to act on every node, or name nodes with --node.'];
  throw missing(`this would ${what} on ${whom}${where}${why}, and there is no one to ask; nothing was sent`, hint);
}

/**
 * Makes sure that it is meant, once the deployment is known and before anything is sent.
 * @returns the nodes to act on: those that were named, or that were chosen now; null for every node
 * @throws UsageError for a `--confirm` of another deployment, and where consent is missing; Interrupted
 */
export function consentTo(context: Asking, deed: KnownDeed, flags: ConsentFlags): Promise<readonly Id[] | null> {
  return ask(context, deed, flags).catch(saying('Nothing was sent.'));
}

async function ask(context: Asking, deed: KnownDeed, flags: ConsentFlags): Promise<readonly Id[] | null> {
  const { nodes, target } = deed;
  const { prompts, settings } = context;
  requireConsent(context, deed, flags);
  if (flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
  const isProtected = settings.profile?.protected === true;
  if (!prompts || isGiven(settings, nodes, flags)) return nodes;

  const { id, name } = target.deployment;
  const where = (await context.placeOf(target))?.path ?? `deployment ${name ?? id}`;
  const all = nodes ?? (await deed.known());
  const whom = all.length === 1 ? `node ${all[0]}` : `${nodes ? '' : 'all '}${count(all.length, 'node')}`;
  const what = `${deed.what.charAt(0).toUpperCase()}${deed.what.slice(1)} on ${all.length === 0 ? 'every node' : whom} of ${where}`;
  if (isProtected) {
    const named = nodes && nodes.length > 1 ? ` (${shortList(nodes, 20)})` : '';
    const typed = await prompts.text(`${what}${named}? Type ${name ?? id} to go ahead:`);
    if (typed.trim() !== String(name ?? id)) throw new Declined();
    return nodes;
  }
  if (all.length === 0) {
    if (await prompts.confirm(`${what}? Its log names none yet.`)) return null;
    throw new Declined();
  }
  const some = all.length === 1 ? [] : [{ value: 'some', name: 'some of them' }];
  const yes = { value: 'all', name: all.length === 1 ? 'yes' : `yes, all ${all.length} nodes` };
  const answer = await prompts.choose(`${what}?`, [yes, ...some, { value: 'no', name: 'no' }], 'no');
  if (answer === 'all') return null;
  const choices = all.map((node) => ({ value: node, name: String(node) }));
  const chosen = answer === 'no' ? [] : await prompts.some(`On which nodes of ${where}?`, choices);
  if (chosen.length === 0) throw new Declined();
  return chosen;
}

/**
 * `--confirm` says of every profile which deployment is meant.
 * @throws UsageError for another one, and where its name cannot be had
 */
export async function checkConfirm(context: Asking, target: Target, confirm: string): Promise<void> {
  const { id, name } = target.deployment;
  if ([String(id), name].includes(confirm)) return;
  // An id is the deployment's or it is not; all else may be a name or a path that is not known yet.
  const isId = /^\d+$/.test(confirm);
  const place = isId ? null : await context.placeOf(target);
  if (place && [place.name, place.path].includes(confirm)) return;
  const isKnown = isId || place !== null || name !== null;
  const is = `The deployment is ${place?.path ?? name ?? id} (${id}).`;
  throw missing(
    `--confirm ${JSON.stringify(confirm)} does not name the deployment; nothing was sent`,
    isKnown ? is : `Its name cannot be looked up: give its id, ${id}.`,
  );
}

function isGiven({ profile }: Settings, nodes: readonly Id[] | null, { yes, confirm }: ConsentFlags): boolean {
  return confirm !== undefined || (!profile?.protected && (nodes !== null || yes));
}

function missing(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'consent_missing', hint });
}
