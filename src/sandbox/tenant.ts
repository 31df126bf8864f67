import { type Id } from '../base/ids.js';
import { type Deployment, type TenantStructure } from '../base/wire.js';
import { type DeploymentScope } from './deployment-log.js';

export const TENANT_ID: Id = 7261845022003200001n;
export const MAIN_DEPLOYMENT_ID: Id = 7263012455120900033n;
export const STAGING = {
  division: { id: 7261845022003200101n, name: 'platform' },
  environment: { id: 7261845022003200203n, name: 'testing' },
} as const;

/** Two people, whose ids a `JSON.parse` would fold into one. */
export const OPERATORS = { ada: 608123456789012345n, bo: 608123456789012346n } as const;

/**
 * Node ids: 610809900976570889, …890, …891, and so on. Neighbours on purpose: `JSON.parse` reads each of the first few
 * dozen as 610809900976570900, one node instead of many.
 */
const FIRST_NODE_ID: Id = 610809900976570889n;

/** The ids of the main deployment's nodes, by ordinal. */
export function nodeIds(count: number, first: Id = FIRST_NODE_ID): Id[] {
  return Array.from({ length: count }, (_, index) => first + BigInt(index));
}

/**
 * The tenant: the deployment to try things on, `staging` twice (a name alone is ambiguous), a division of its own with
 * a deployment elsewhere, and one on premises that no supervisor is known for.
 */
export function tenantStructure(baseUrl: string): TenantStructure {
  const managed = { cloud: 'aws', region: 'us-east-1', tier: 'medium', variant: 'managed', supervisor_url: baseUrl };
  const byoc = { cloud: 'gcp', region: 'europe-west4', tier: null, variant: 'byoc', supervisor_url: baseUrl };
  const onPremise = { cloud: 'aws', region: null, tier: null, variant: 'on_premise', supervisor_url: null };
  return {
    id: TENANT_ID,
    name: 'sandbox-tenant',
    divisions: [
      {
        ...STAGING.division,
        environments: [
          {
            id: 7261845022003200202n,
            name: 'production',
            deployments: [
              { id: MAIN_DEPLOYMENT_ID, name: 'sandbox', ...managed },
              { id: 7263012455120900034n, name: 'staging', ...managed },
            ],
          },
          { ...STAGING.environment, deployments: [{ id: 7263012455120900035n, name: 'staging', ...managed }] },
        ],
      },
      {
        id: 7261845022003200102n,
        name: 'research',
        environments: [
          {
            id: 7261845022003200204n,
            name: 'lab',
            deployments: [
              { id: 7263012455120900036n, name: 'telescope', ...byoc },
              { id: 7263012455120900037n, name: 'basement', ...onPremise },
            ],
          },
        ],
      },
    ],
  };
}

/** A deployment as the structure has it, and where it stands there. */
export interface ListedDeployment {
  scope: DeploymentScope;
  summary: Deployment;
}

export function listDeployments(structure: TenantStructure): ListedDeployment[] {
  return structure.divisions.flatMap((division) =>
    division.environments.flatMap((environment) =>
      environment.deployments.map((summary) => ({
        scope: {
          tenantId: structure.id,
          divisionId: division.id,
          environmentId: environment.id,
          deploymentId: summary.id,
        },
        summary,
      })),
    ),
  );
}
