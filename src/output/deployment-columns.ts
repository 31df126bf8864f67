import { type Id } from '../base/ids.js';
import { type Column } from './columns.js';

/** A deployment and where it stands: in JSON, these keys in this order. */
export interface DeploymentDocument {
  division_id: Id;
  division_name: string;
  environment_id: Id;
  environment_name: string;
  id: Id;
  name: string;
  cloud: string;
  region: string | null;
  tier: string | null;
  variant: string;
  supervisor_url: string | null;
}

/** The tenant's tree, flattened to a line a deployment. */
export const deploymentColumns: ReadonlyArray<Column<DeploymentDocument>> = [
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
  { name: 'environment_id', priority: 11, extra: true, value: (deployment) => deployment.environment_id },
];
