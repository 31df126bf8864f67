import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { plainText } from '../../base/text.js';
import { formatOf } from '../../output/formats.js';
import { identityFields, type IdentityDocument } from '../../output/identity.js';
import { printObject } from '../../output/list.js';
import { timeText } from '../../output/columns.js';
import { expiryOf } from '../../config/expiry.js';
import type { Printing } from '../context.js';
import { printOptions } from '../flags.js';
import type { Host } from '../host.js';

/** Prints what `whoami` found out; where stdout holds no notes, they go to stderr. */
export async function showIdentity({ host, flags }: Printing, identity: IdentityDocument): Promise<ExitCode> {
  const options = printOptions(flags);
  await printObject(host.output, identity, identityFields(identity, expiryText(host, identity, options.utc)), options);
  if (formatOf(options.format).holds === 'rows' && !flags.quiet) {
    for (const note of identity.notes) host.output.stderr.write(`note: ${plainText(note)}\n`);
  }
  return EXIT_CODES.done.code;
}

function expiryText(host: Host, { expires_at: at }: IdentityDocument, utc: boolean): string | null {
  if (at === null) return null;
  const expiry = expiryOf(at, host.clock.now());
  return expiry ? `${timeText(at, utc)} (${expiry.text})` : timeText(at, utc);
}
