/*
 * The user of the key, among those who acted: `--author me`, and `you` in a table.
 */

import * as Flags from '@oclif/core/flags';
import type { OpenDeployment } from '../../app/open.js';
import { optional } from '../../base/clock.js';
import { parseId, type Id } from '../../base/ids.js';
import type { CommandContext } from '../context.js';
import { MANY, parsing } from '../line/value-flags.js';

type Author = Id | 'me';

export const authorsFlag = Flags.custom<Author>({
  ...MANY,
  helpValue: 'ID|me',
  summary: 'Only what these users or keys did; me is the user of your key.',
  parse: parsing((text, flag) => (/^me$/i.test(text) ? 'me' : parseId(text, flag))),
})();

/** @param several where several deployments are named: each has a key @throws as `Account.user` */
export async function authorsOf(
  context: CommandContext,
  authors: readonly Author[],
  several?: readonly OpenDeployment[],
) {
  const accounts = several?.map(({ account }) => account) ?? [context.target.account];
  const ids: Id[] = [];
  for (const author of authors) {
    if (author !== 'me') ids.push(author);
    else for (const { user } of new Set(accounts)) ids.push(await user());
  }
  return ids;
}

/**
 * A table at a terminal calls the user of a key `you`, once Core has said who that is.
 * @returns resolves then, or after 2 s; rejects with the signal's reason
 */
export function nameYou(
  { host: { output, clock }, signal }: CommandContext,
  deployments: readonly OpenDeployment[],
) {
  const isShown = output.stdout.isTTY && output.options.format === 'table';
  const named = Promise.all(
    deployments.map(async ({ account, counter }) => {
      if (!isShown || !counter?.isCertain) return;
      const user = await optional({ clock, signal }, account.user);
      if (user) output.people.set(user, 'you');
    }),
  );
  // The log may fail first, and what is followed or watched does not wait.
  named.catch(() => undefined);
  return named;
}
