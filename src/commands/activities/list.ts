import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.js';
import { connectionFlags } from '../../cli/flags.js';
import { parseFilter, parseListRange } from '../../cli/activities/list-request.js';
import { Session } from '../../cli/session.js';
import { showList } from '../../cli/activities/show-list.js';
import { parseWatchRequest } from '../../cli/activities/watch-request.js';
import { RUNTIMES, STATUSES } from '../../core/activity.js';
import type { ExitCode } from '../../core/exit-codes.js';

const many = { multiple: true, multipleNonGreedy: true } as const;

export default class ActivitiesList extends BaseCommand {
  static override summary = 'The activity log, newest first.';
  static override description =
    'Reads the log whichever end it begins with, and gives each entry once although it grows meanwhile. Filters may be ' +
    'repeated, and take comma lists. With --watch it is kept up to date until all that was listed at first is final.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --limit 5',
    '<%= config.bin %> <%= command.id %> --status processing --watch',
    "<%= config.bin %> <%= command.id %> --limit 0 --runtime iggy -o json | jq '.items[].node_id'",
  ];
  static override flags = {
    ...connectionFlags,
    limit: Flags.string({ helpValue: 'N', summary: 'How many entries; 0 for all. [default: 20]' }),
    page: Flags.string({ helpValue: 'N', summary: 'One raw page as the API gives it, from 1.' }),
    results: Flags.string({ helpValue: 'N', summary: 'How many entries a raw page has, 1 to 100. [default: 10]' }),
    status: Flags.string({ ...many, helpValue: 'STATUS', summary: `Only these: ${Object.keys(STATUSES).join(', ')}.` }),
    runtime: Flags.string({ ...many, helpValue: 'RUNTIME', summary: `Only these: ${RUNTIMES.join(', ')}.` }),
    action: Flags.string({ ...many, helpValue: 'ACTION', summary: 'Only these; reconfigure stands for every config.' }),
    node: Flags.string({ ...many, aliases: ['node-id'], helpValue: 'ID', summary: 'Only these nodes.' }),
    author: Flags.string({ ...many, helpValue: 'ID', summary: 'Only what these users or keys did.' }),
    since: Flags.string({ helpValue: 'TIME', summary: 'Not older than this: 2h, or 2026-03-16T12:00:00Z.' }),
    until: Flags.string({ helpValue: 'TIME', summary: 'Not newer than this.' }),
    watch: Flags.boolean({ summary: 'Follow what is listed until all of it is final.' }),
    follow: Flags.boolean({ summary: 'Show new entries as they come, until interrupted.' }),
    'exit-status': Flags.boolean({ summary: 'With --watch: exit 3 if an entry that was waited for was rejected.' }),
    timeout: Flags.string({
      helpValue: 'DURATION',
      summary: 'With --watch: give up after this. [default: none at a terminal, 10m elsewhere]',
    }),
    interval: Flags.string({ helpValue: 'DURATION', summary: 'With --watch or --follow: look this often.' }),
  };

  protected override async execute(signal: AbortSignal): Promise<ExitCode> {
    const { host } = this;
    const { flags } = await this.parse(ActivitiesList);
    const filter = parseFilter(flags, host.clock.now());
    const range = parseListRange(flags);
    const watch = parseWatchRequest(host, flags, range);
    const session = await Session.open(host, flags);
    const target = await session.target(signal);
    const source = {
      supervisor: session.supervisor(target),
      deploymentId: target.deployment.id,
      resumeFlags: session.resumeFlags(target),
    };
    if (watch === null) return showList(host, flags, source, { filter, range }, signal);
    const { showWatch } = await import('../../cli/activities/show-watch.js');
    return showWatch(host, flags, source, { filter, ...watch }, signal);
  }
}
