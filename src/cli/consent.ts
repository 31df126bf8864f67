import { UsageError } from '../base/errors.js';
import type { Id } from '../base/ids.js';
import { count, shortList } from '../base/text.js';
import type { Target } from '../config/target.js';
import type { CommandContext } from './context.js';

export interface ConsentFlags {
  yes: boolean;
  confirm?: string | undefined;
}

/** What is about to happen. */
export interface Deed {
  /** `restart iggy` */
  what: string;
  /** Those that are named, which is consent; null for every node. */
  nodes: readonly Id[] | null;
}

/** What the question needs to name, once the deployment is known. */
export interface Asked extends Deed {
  target: Target;
  /** The nodes that the log names; read only for one who is asked. */
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
export function requireConsent(context: Asking, { what, nodes }: Deed, { yes, confirm }: ConsentFlags): void {
  if (confirm?.trim() === '') {
    throw new UsageError('--confirm is empty', { code: 'empty_flag', hint: 'Is a variable unset?' });
  }
  if (confirm !== undefined || context.prompts) return;
  const { profile, deployment } = context.settings;
  const ref = deployment?.value;
  const where = ref ? ` of deployment ${ref.name ?? ref.id}` : '';
  const whom = nodes === null ? 'every node' : `${count(nodes.length, 'node')} (${shortList(nodes, 20)})`;
  if (profile?.protected) {
    throw missing(
      `this would ${what} on ${whom}${where}, which profile ${profile.name} protects, and there is no one to ask; nothing was sent`,
      'Add --confirm with the name, path or id of the deployment; --yes is not enough on a protected profile.',
    );
  }
  if (nodes !== null || yes) return;
  throw missing(
    `this would ${what} on every node${where}, and there is no one to ask; nothing was sent`,
    'Add --yes to act on every node, or name nodes with --node.',
  );
}

/**
 * Makes sure that it is meant, once the deployment is known and before anything is sent.
 * @returns the nodes to act on: those that were named, or that were chosen now; null for every node
 * @throws UsageError for a `--confirm` of another deployment, and where consent is missing; Interrupted
 */
export async function consentTo(context: Asking, asked: Asked, flags: ConsentFlags): Promise<readonly Id[] | null> {
  const { nodes, target } = asked;
  requireConsent(context, asked, flags);
  if (flags.confirm !== undefined) await checkConfirm(context, target, flags.confirm);
  const { prompts, settings } = context;
  if (flags.confirm !== undefined || !prompts) return nodes;
  const isProtected = settings.profile?.protected === true;
  if (!isProtected && (nodes !== null || flags.yes)) return nodes;

  const where = (await context.placeOf(target))?.path ?? nameOf(target);
  const all = nodes ?? (await asked.known());
  const many = all.length === 1 ? `node ${all[0]}` : `${nodes ? '' : 'all '}${count(all.length, 'node')}`;
  const what = `${asked.what.charAt(0).toUpperCase()}${asked.what.slice(1)} on ${all.length === 0 ? 'every node' : many} of ${where}`;
  if (isProtected) {
    const name = target.deployment.name ?? String(target.deployment.id);
    const named = nodes && nodes.length > 1 ? ` (${shortList(nodes, 20)})` : '';
    if ((await prompts.text(`${what}${named}? Type ${name} to go ahead:`)).trim() !== name) throw new Declined();
    return nodes;
  }
  if (all.length === 0) {
    if (await prompts.confirm(`${what}? Its log names none yet.`)) return null;
    throw new Declined();
  }
  const answer = await prompts.choose<'all' | 'some' | 'no'>(
    `${what}?`,
    [
      { value: 'all', name: all.length === 1 ? 'yes' : `yes, all ${all.length} nodes` },
      ...(all.length === 1 ? [] : [{ value: 'some' as const, name: 'some of them' }]),
      { value: 'no', name: 'no' },
    ],
    'no',
  );
  if (answer === 'all') return null;
  const choices = all.map((id) => ({ value: id, name: String(id) }));
  const some = answer === 'no' ? [] : await prompts.some(`On which nodes of ${where}?`, choices);
  if (some.length === 0) throw new Declined();
  return some;
}

/**
 * `--confirm` says of every profile which deployment is meant.
 * @throws UsageError for another one, and where its name cannot be had
 */
export async function checkConfirm(context: Asking, target: Target, confirm: string): Promise<void> {
  const { id, name } = target.deployment;
  if ([String(id), name].includes(confirm)) return;
  // An id is the deployment's or it is not; all else may be a name or a path that is not known yet.
  const place = /^\d+$/.test(confirm) ? null : await context.placeOf(target);
  if (place && [place.name, place.path].includes(confirm)) return;
  const isKnown = place !== null || name !== null || /^\d+$/.test(confirm);
  const is = isKnown
    ? `The deployment is ${place?.path ?? name ?? id} (${id}).`
    : `Its name cannot be looked up: give its id, ${id}.`;
  throw missing(`--confirm ${JSON.stringify(confirm)} does not name the deployment; nothing was sent`, is);
}

function nameOf({ deployment: { id, name } }: Target): string {
  return `deployment ${name ?? id}`;
}

function missing(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'consent_missing', hint });
}
