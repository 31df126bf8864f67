import { BaseCommand } from '../../cli/base-command.js';
import { placedDeployments, type PlacedDeployment } from '../../config/structure.js';
import { fieldColumn, type Column } from '../../output/columns.js';
import { connectionFlags } from '../../cli/line/flags.js';

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
  fieldColumn('division', 4, 'division_name'),
  fieldColumn('environment', 3, 'environment_name'),
  fieldColumn('name', 2, 'name'),
  fieldColumn('id', 1, 'id'),
  fieldColumn('cloud', 6, 'cloud'),
  fieldColumn('region', 7, 'region'),
  fieldColumn('tier', 8, 'tier'),
  fieldColumn('variant', null, 'variant'),
  fieldColumn('supervisor_url', 5, 'supervisor_url'),
  fieldColumn('division_id', null, 'division_id'),
  fieldColumn('environment_id', null, 'environment_id'),
];

/** Without the deployment: all of a tenant are listed. */
const { deployment, 'supervisor-url': supervisorUrl, ...tenantFlags } = connectionFlags;

export default class DeploymentsList extends BaseCommand {
  static override summary =
    'List the deployments that your key can see: names, ids, supervisor URLs.';
  static override description = 'One line for each deployment, with its division and environment.';
  static override examples = [
    'ldctl deployments list',
    'ldctl deployments list -o json | jq ".items[] | {name, id}"',
  ];
  static override flags = tenantFlags;

  protected override async execute() {
    const { flags } = await this.parse(DeploymentsList);
    const context = await this.open(flags);
    context.saySettings();
    const documents = async () =>
      placedDeployments(await context.target.account.structure()).map(documentOf);
    return this.list(documents, { noun: 'deployments', columns });
  }
}
