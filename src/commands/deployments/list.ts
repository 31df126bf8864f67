import { BaseCommand } from '../../cli/base-command.js';
import { CommandContext } from '../../cli/context.js';
import { connectionFlags, printOptions } from '../../cli/flags.js';
import type { Interrupts } from '../../cli/signals.js';
import { EXIT_CODES, type ExitCode } from '../../base/exit-codes.js';
import { deploymentColumns, type DeploymentDocument } from '../../output/deployment-columns.js';
import { printList } from '../../output/list.js';
import { placedDeployments, type PlacedDeployment } from '../../config/deployments.js';

export default class DeploymentsList extends BaseCommand {
  static override summary = 'The deployments that the key can see: names, ids, supervisor URLs.';
  static override description = 'A line a deployment, with the division and the environment it stands in.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o json | jq ".items[] | {name, id}"',
  ];
  static override flags = connectionFlags;

  protected override async execute(interrupts: Interrupts): Promise<ExitCode> {
    const { flags } = await this.parse(DeploymentsList);
    const context = await CommandContext.connect(this.host, flags, interrupts);
    const access = await context.tenant();
    const structure = await context.core(access).structure(access.tenantId, { signal: context.signal });
    const spec = { noun: 'deployments', columns: deploymentColumns };
    await printList(this.host.output, [placedDeployments(structure).map(documentOf)], spec, printOptions(flags));
    return EXIT_CODES.done.code;
  }
}

function documentOf({ division, environment, deployment }: PlacedDeployment): DeploymentDocument {
  const { id, name, cloud, region, tier, variant, supervisor_url } = deployment;
  return {
    division_id: division.id,
    division_name: division.name,
    environment_id: environment.id,
    environment_name: environment.name,
    ...{ id, name, cloud, region, tier, variant, supervisor_url },
  };
}
