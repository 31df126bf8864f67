import { formatAction } from '../../base/activity.js';
import { UsageError } from '../../base/errors.js';
import { count, shortList } from '../../base/text.js';
import type { Settings } from '../../config/settings.js';
import type { CommandContext } from '../context.js';
import type { TriggerFlags, TriggerInput } from './trigger-request.js';

export interface ConsentNeeded {
  /** What is about to happen, to what, in words: `restart iggy on every node of deployment prod (71…) of tenant 60…`. */
  actionText: string;
  everyNode: boolean;
  /** The name that has to be typed, on a protected profile; null on others. */
  protectedName: string | null;
}

/** What the user has to consent to, from what is known without the network. `how` is said with it. */
export function consentFor(request: TriggerInput, settings: Settings, how?: string): ConsentNeeded {
  const { nodes, runtime, action } = request;
  const ref = settings.deployment?.value;
  const name = ref?.name ?? ref?.id?.toString() ?? null;
  const where = [
    name === null ? null : `deployment ${ref?.id && ref.name !== null ? `${name} (${ref.id})` : name}`,
    settings.tenantId ? `tenant ${settings.tenantId.value}` : null,
  ];
  const what = nodes === null ? 'every node' : `${count(nodes.length, 'node')} (${shortList(nodes, 20)})`;
  const manner = how === undefined ? '' : `, ${how},`;
  const actionText = [
    `${formatAction(action)} ${runtime}${manner} on ${what}`,
    ...where.filter((part) => part !== null),
  ].join(' of ');
  return { actionText, everyNode: nodes === null, protectedName: settings.profile?.protected === true ? name : null };
}

type ConsentGiven = Pick<TriggerFlags, 'yes' | 'confirm'>;
/** Whoever may be asked. */
type Asking = Pick<CommandContext, 'prompts'>;

/**
 * Makes sure that the user means it (design, "Consent"). Naming nodes is consent; every node asks, or takes `--yes`; a
 * protected profile asks for the deployment's name, or takes `--confirm NAME`, and `--yes` is not enough.
 *
 * @throws UsageError (exit 2) when consent is missing and nobody can be asked; Interrupted at Ctrl-C
 */
export async function settleConsent(context: Asking, needed: ConsentNeeded, given: ConsentGiven): Promise<void> {
  const { actionText, everyNode, protectedName } = needed;
  if (protectedName !== null) return settleProtected(context, actionText, protectedName, given.confirm);
  if (!everyNode || given.yes) return;
  if (!context.prompts) {
    throw missing(
      `this would ${actionText}, and nobody can be asked here; nothing was sent`,
      'Add --yes to act on every node, or name nodes with --node.',
    );
  }
  if (!(await context.prompts.confirm(`This will ${actionText}. Go ahead?`))) throw declined();
}

async function settleProtected(
  { prompts }: Asking,
  actionText: string,
  name: string,
  confirm: string | undefined,
): Promise<void> {
  if (confirm === name) return;
  if (confirm !== undefined) {
    throw missing(
      `--confirm ${JSON.stringify(confirm)} is not the name of the deployment; nothing was sent`,
      `The deployment of this profile is called ${name}.`,
    );
  }
  if (!prompts) {
    throw missing(
      `this would ${actionText}, which is protected, and nobody can be asked here; nothing was sent`,
      `Add --confirm with the name of the deployment; --yes is not enough on a protected profile.`,
    );
  }
  const typed = await prompts.text(`This will ${actionText}, which is protected. Type ${name} to go ahead:`);
  if (typed !== name) throw declined();
}

function declined(): UsageError {
  return missing('not confirmed; nothing was sent');
}

function missing(message: string, hint?: string): UsageError {
  return new UsageError(message, { code: 'consent_missing', hint });
}
