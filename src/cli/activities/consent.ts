import { UsageError } from '../../core/errors.js';
import { isInteractive, type Host } from '../host.js';
import { ask } from '../prompts/prompts.js';

export interface ConsentNeeded {
  /** What is about to happen, to what, in words: `restart iggy on every node of deployment prod (71…) of tenant 60…`. */
  deed: string;
  everyNode: boolean;
  /** The name that has to be typed, on a protected profile; null on others. */
  protectedName: string | null;
}

export interface ConsentGiven {
  yes: boolean;
  confirm: string | undefined;
}

/**
 * Makes sure that the user means it (design, "Consent"). Naming nodes is consent; every node asks, or takes `--yes`; a
 * protected profile asks for the deployment's name, or takes `--confirm NAME`, and `--yes` is not enough.
 *
 * @throws UsageError (exit 2) when consent is missing and nobody can be asked; Interrupted at Ctrl-C
 */
export async function settleConsent(
  host: Host,
  needed: ConsentNeeded,
  given: ConsentGiven,
  signal: AbortSignal,
): Promise<void> {
  const { deed, everyNode, protectedName } = needed;
  if (protectedName !== null) return settleProtected(host, deed, protectedName, given.confirm, signal);
  if (!everyNode || given.yes) return;
  if (!isInteractive(host)) {
    throw new UsageError(`this would ${deed}, and nobody can be asked here; nothing was sent`, {
      code: 'consent_missing',
      hint: 'Add --yes to act on every node, or name nodes with --node.',
    });
  }
  const message = `This will ${deed}. Go ahead?`;
  if ((await ask(host, { type: 'confirm', message, default: false }, signal)) === true) return;
  throw declined();
}

async function settleProtected(
  host: Host,
  deed: string,
  name: string,
  confirm: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const typed = confirm ?? (isInteractive(host) ? await askName(host, deed, name, signal) : undefined);
  if (typed === name) return;
  if (typed === undefined) {
    throw new UsageError(`this would ${deed}, which is protected, and nobody can be asked here; nothing was sent`, {
      code: 'consent_missing',
      hint: `Add --confirm with the name of the deployment; --yes is not enough on a protected profile.`,
    });
  }
  throw confirm === undefined
    ? declined()
    : new UsageError(`--confirm ${JSON.stringify(confirm)} is not the name of the deployment; nothing was sent`, {
        code: 'consent_missing',
        hint: `The deployment of this profile is called ${name}.`,
      });
}

async function askName(host: Host, deed: string, name: string, signal: AbortSignal): Promise<string> {
  const message = `This will ${deed}, which is protected. Type ${name} to go ahead:`;
  return String(await ask(host, { type: 'input', message }, signal));
}

function declined(): UsageError {
  return new UsageError('not confirmed; nothing was sent', { code: 'consent_missing' });
}
