import { isFinal, type Activity } from '../../base/activity.js';
import { ageText, formatDuration } from '../../base/durations.js';
import { isId, parseId, type NodeNames } from '../../base/ids.js';
import { refusedError } from '../../base/errors.js';
import { ConnectedCommand } from '../../cli/base-command.js';
import type { CommandContext } from '../../cli/context.js';
import { askedArg } from '../../cli/line/flags.js';
import type { Prompts } from '../../cli/asking/prompts.js';
import { refuseForeign } from '../../log/foreign.js';
import { notHeld } from '../../log/seek.js';
import { idAndName, timeText, tookMs, type Cell, type Field } from '../../output/columns.js';
import { whatText } from '../../output/rows.js';
import { jsonText } from '../../output/formats/json.js';

export default class ActivitiesShow extends ConnectedCommand {
  static override summary =
    'Show one entry of the activity log: every field, and how long it took.';
  static override description =
    'Finds an entry of the last 30 days by its id. In JSON it is as the API gave it. If you leave out the id, at a ' +
    'terminal, you choose from the newest entries.';
  static override examples = [
    'ldctl activities show 7261845022003200001',
    'ldctl activities show 7261845022003200001 -o json | jq -r .status',
  ];
  static override args = {
    id: askedArg('the id of the activity'),
  };

  protected override async execute() {
    const { args, flags } = await this.parse(ActivitiesShow);
    const asked = this.asker(args) ?? parseId(args.id, 'ID');
    const { output, clock } = this.host;
    const context = await this.open(flags);
    const deployment = await context.deployment();
    const id = isId(asked) ? asked : await chooseActivity(asked, context);
    const found = await deployment.log.seek(id, { signal: context.signal });
    if (!found.activity) throw notHeld([id], found);
    refuseForeign([found.activity], deployment);
    const { options } = output;
    const now = found.serverTime ?? clock.now();
    const fields = activityFields(found.activity, now, output.inUtc, output.names);
    if (options.format === 'csv') {
      fields.push({ name: 'node_name', value: output.names.get(found.activity.node_id) });
    }
    return this.show(found.activity, fields);
  }
}

/** One of the newest 50. @throws LdctlError (exit 5) where the log is empty */
async function chooseActivity(prompts: Prompts, context: CommandContext) {
  const { log, clock } = await context.deployment();
  const { entries, serverTime } = await log.newest({ signal: context.signal });
  if (entries.length === 0) {
    throw refusedError(
      'activity_not_found',
      'the activity log is empty, so there is no entry to choose',
      'Is this the right deployment? `ldctl deployments list` shows them all.',
    );
  }
  const choices = entries.slice(0, 50).map((entry) => {
    const cells = [
      ageText(entry.created_at, serverTime ?? clock.now()).padEnd(3),
      whatText(entry).padEnd(27),
      entry.status.padEnd(10),
      idAndName(entry.node_id, context.host.output.names),
    ];
    return { value: entry.id, name: cells.join('  '), short: String(entry.id) };
  });
  return prompts.search('Which activity?', choices);
}

/**
 * What is known of every entry, in the order it is of interest in. `took` is worked out from it.
 */
const KNOWN = [
  'id',
  'runtime',
  'action',
  'status',
  'node_id',
  'author_id',
  'created_at',
  'finished_at',
  'took',
  'deployment_id',
  'environment_id',
  'division_id',
  'tenant_id',
];

/** @param now by the server's clock, ms UTC: a running activity shows its time so far */
function activityFields(activity: Activity, now: number, utc: boolean, names: NodeNames): Field[] {
  const field = (name: string): Field => {
    const { [name]: value, node_id: node } = activity;
    if (name === 'took') return tookField(activity, now);
    if (name === 'node_id') return { name, value: node, text: idAndName(node, names) };
    if (typeof value === 'object' && value !== null) {
      return { name, value: jsonText(value, { numberIds: true }) };
    }
    const isTime = name.endsWith('_at') && typeof value === 'string';
    return { name, value: value as Cell, text: isTime ? timeText(value, utc) : undefined };
  };
  return [...new Set([...KNOWN, ...Object.keys(activity)])].map(field);
}

function tookField(activity: Activity, now: number): Field {
  const took = tookMs(activity);
  if (took !== null) return { name: 'took', value: took / 1000, text: formatDuration(took) };
  const soFar = now - Date.parse(activity.created_at);
  const isOpen = !isFinal(activity) && soFar >= 0;
  return {
    name: 'took',
    value: null,
    text: isOpen ? `${formatDuration(soFar)} so far` : undefined,
  };
}
