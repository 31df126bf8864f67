import { LdctlError, withHint } from '../../base/errors.js';
import type { ExitName } from '../../base/exit-codes.js';
import { ConnectedCommand } from '../../cli/base-command.js';

/** The exits of the table that say that nothing was sent, and are not about the command itself. */
const SENT_NOTHING: readonly ExitName[] = ['denied', 'refused', 'unreachable'];

/** A command that acts on nodes: what stops it says that nothing was sent, as its exit code does. */
export abstract class ActingCommand extends ConnectedCommand {
  protected override catch(error: unknown): Promise<void> {
    if (!(error instanceof LdctlError) || !SENT_NOTHING.includes(error.exit)) {
      return super.catch(error);
    }
    const message = `${error.message.replace(/\.$/, '')}; nothing was sent`;
    return super.catch(withHint(error, error.hint, message));
  }
}
