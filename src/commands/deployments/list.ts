import { BaseCommand } from '../../cli/base-command.js';
import { printOptions } from '../../cli/flags.js';
import { placedDeployments, resolveTenant, type PlacedDeployment } from '../../config/target.js';
import type { Column } from '../../output/columns.js';
import { printList } from '../../output/list.js';
import { tenantFlags } from '../flags.shared.js';

/** In JSON, these keys in this order. */
function documentOf({ division, environment, deployment }: PlacedDeployment) {
  const { id, name, cloud, region, tier, variant, supervisor_url } = deployment;
  return {
    division_id: division.id,
    division_name: division.name,
    environment_id: environment.id,
    environment_name: environment.name,
    id,
    name,
    cloud,
    region,
    tier,
    variant,
    supervisor_url,
  };
}

const columns: ReadonlyArray<Column<ReturnType<typeof documentOf>>> = [
  { name: 'division', priority: 4, value: (deployment) => deployment.division_name },
  { name: 'environment', priority: 3, value: (deployment) => deployment.environment_name },
  { name: 'name', priority: 2, value: (deployment) => deployment.name },
  { name: 'id', priority: 1, value: (deployment) => deployment.id },
  { name: 'cloud', priority: 6, value: (deployment) => deployment.cloud },
  { name: 'region', priority: 7, value: (deployment) => deployment.region },
  { name: 'tier', priority: 8, value: (deployment) => deployment.tier },
  { name: 'variant', priority: 9, extra: true, value: (deployment) => deployment.variant },
  { name: 'supervisor_url', priority: 5, value: (deployment) => deployment.supervisor_url },
  { name: 'division_id', priority: 10, extra: true, value: (deployment) => deployment.division_id },
  {
    name: 'environment_id',
    priority: 11,
    extra: true,
    value: (deployment) => deployment.environment_id,
  },
];

export default class DeploymentsList extends BaseCommand {
  static override summary = 'The deployments that the key can see: names, ids, supervisor URLs.';
  static override description = 'One line for each deployment, with its division and environment.';
  static override examples = [
    'ldctl deployments list',
    'ldctl deployments list -o json | jq ".items[] | {name, id}"',
  ];
  static override flags = tenantFlags;

  protected override async execute() {
    const { flags } = await this.parse(DeploymentsList);
    const context = await this.open(flags);
    const { settings, signal } = context;
    const access = await resolveTenant(settings, signal);
    const structure = await context.core(access).structure(access.tenantId, { signal });
    const documents = placedDeployments(structure).map(documentOf);
    await printList(
      this.host.output,
      [documents],
      { noun: 'deployments', columns },
      printOptions(flags),
    );
    return 0;
  }
}
