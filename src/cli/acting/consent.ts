/*
 * Consent to an order: whether a person is asked, what is refused where there is no one to ask, and
 * the questions.
 */

import {
  agreedTo,
  listedFor,
  picking,
  waiting,
  type Draft,
  type How,
  type Order,
} from '../../app/order.js';
import type { OpenDeployment } from '../../app/open.js';
import { usageError } from '../../base/errors.js';
import { shortList } from '../../base/text.js';
import type { Profile } from '../../config/profiles.js';
import { isCalled, protectorOf, type DeploymentRef, type Settings } from '../../config/settings.js';
import { deploymentText } from '../../config/structure.js';
import { nodeText } from '../../output/columns.js';
import type { CommandContext } from '../context.js';
import type { Host } from '../host.js';
import { nodeChoices } from '../asking/node-states.js';
import { cannotAskText, Declined, type Prompts } from '../asking/prompts.js';
import { questionOf, whereText, wouldText, type View } from './sentences.js';

export interface ConsentFlags {
  yes: boolean;
  confirm?: string | undefined;
  'dry-run': boolean;
  resume?: string | undefined;
  'if-busy'?: 'ignore' | 'wait' | 'fail' | undefined;
}

/**
 * Whether a person is to be asked. Naming nodes is consent, and so is `--yes` for every node, but
 * not on a protected deployment, which takes `--confirm`. What was chosen from lists is always asked
 * about.
 * @param deployment null before it is opened, when only the settings say what protects it
 * @throws UsageError where it would have to be asked, and there is no one to ask
 */
export function isToBeAsked(
  { prompts, host, target: { settings } }: CommandContext,
  draft: Draft,
  deployment: OpenDeployment | null,
  { yes, confirm, 'dry-run': isDry, resume }: ConsentFlags,
): boolean {
  const protector = deployment ? deployment.protector : protectorOf(settings.deployment);
  if (draft.isChosen) return true;
  // By now `checkConfirm` has let Core say what the deployment is called.
  const isConfirmed = confirm !== undefined && (!deployment || isNamed(deployment, confirm));
  const isMeant = yes || draft.whom.by === 'name' || resume !== undefined;
  if (isConfirmed || (!protector && isMeant)) return false;
  if (prompts || isDry) return true;
  throw noOneToAsk(host, settings, protector, draft);
}

function noOneToAsk(
  host: Host,
  { deployment: { named } }: Settings,
  protector: Profile | null,
  draft: Draft,
) {
  const would = wouldText(draft, named && deploymentText(named.value));
  return usageError(
    'consent_missing',
    `${would}, and ${cannotAskText(host)}; nothing was sent`,
    protector
      ? `Profile ${protector.name} protects it: add --confirm with its name, path or id; --yes is not enough.`
      : 'Add --yes to act on every node, or name nodes with --node.',
  );
}

/** Asks whether an order is meant. @returns the one that is: an answer may change it @throws Declined; Interrupted */
export async function ask<H extends How>(
  { host }: CommandContext,
  prompts: Prompts,
  order: Order<H>,
  flags: ConsentFlags,
): Promise<Order<H>> {
  const { account, protector } = order.deployment;
  const asking = { host, prompts, place: whereText(order.deployment), view: viewOf(host), flags };
  if (protector) {
    const { text, aside, isBusy } = questionOf(order, asking.place, asking.view);
    const nodes = order.whom.by === 'log' ? [] : (order.whom.nodes ?? []);
    const texts = nodes.map((node) => nodeText(node, asking.view));
    const named = texts.length > 1 ? ` (${shortList(texts, 20)})` : '';
    // Someone who uses another profile does not know why a name is asked for.
    const isInUse = account.settings.profile?.name === protector.name;
    const why = isInUse ? '' : ` Profile ${protector.name} protects this deployment.`;
    await askForName(prompts, `${text}${named}?${aside}${why}`, order.deployment);
    // What keeps a node busy is a question of its own.
    if (!isBusy || flags['if-busy'] !== undefined) return agreedTo(order);
  }
  return agreedTo(await askForYes(asking, order));
}

/** How nodes are written on stderr. */
export const viewOf = ({ output: { stderr }, clock }: Host): View => ({
  names: stderr.names,
  isTTY: stderr.isTTY,
  now: clock.now(),
});

/** Asks until it is named. @throws Declined for no name */
async function askForName(prompts: Prompts, question: string, deployment: OpenDeployment) {
  const [expected = ''] = namesOf(deployment.ref);
  const typed = await prompts.text(`${question} Type ${expected} to go ahead:`, {
    validate: (answer) =>
      answer.trim() === '' ||
      isNamed(deployment, answer.trim()) ||
      `${JSON.stringify(answer.trim())} is not ${expected}`,
  });
  if (typed.trim() === '') throw new Declined();
}

/** What a question is asked with. */
interface Asking {
  host: Host;
  prompts: Prompts;
  place: string;
  view: View;
  flags: ConsentFlags;
}

/** Asks, and once more where only some of the nodes are meant. @throws Declined for no */
async function askForYes<H extends How>(asking: Asking, order: Order<H>): Promise<Order<H>> {
  const { host, prompts, place, view, flags } = asking;
  const { text, aside, yes, wait, isBusy } = questionOf(order, place, view);
  const { runtime, found, whom } = order;
  const listed = listedFor(order);
  const mayPick = (whom.by === 'all' || whom.by === 'log') && listed.length > 1;
  const mayWait = isBusy && flags['if-busy'] === undefined;
  // Each answer keeps its place; what depends on the moment comes last. No comes first: a key such
  // as Delete must not mark a yes.
  const answer = await prompts.choose<Order<H> | 'no' | 'some'>(`${text}?${aside}`, [
    { value: 'no', name: 'no' },
    { value: order, name: yes },
    ...(mayPick ? [{ value: 'some' as const, name: 'some of them' }] : []),
    ...(mayWait ? [{ value: waiting(order), name: wait }] : []),
  ]);
  if (answer === 'no') throw new Declined();
  if (answer !== 'some') return answer;
  const choices = await nodeChoices(host, { listed, runtime, found });
  const nodes = await prompts.nodes(`On which nodes of ${place}?`, choices);
  // Picking is no consent.
  return askForYes(asking, picking(order, nodes));
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
const isNamed = ({ ref }: OpenDeployment, text: string) =>
  text === String(ref.id) || isCalled(ref, text);
