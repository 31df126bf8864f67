import type { Id } from './ids.js';

/** The Core API's answers. The sandbox shares these types and nothing else. */

export interface EnvironmentGrants {
  name: string;
  permissions: string[];
}

export interface DivisionGrants {
  name: string;
  permissions: string[];
  environment: string[];
  environments: Record<string, EnvironmentGrants>;
}

export interface Permissions {
  tenant: string[];
  division: string[];
  environment: string[];
  divisions: Record<string, DivisionGrants>;
}

export interface KeyContext {
  id: Id;
  name: string;
  user_id?: Id;
  role_id?: Id;
  role_name: string;
  division_id?: Id | null;
  division_name?: string | null;
  validate_ip?: boolean;
  allowed_ips?: string[];
  expiry_at?: string | null;
  created_at?: string;
  permissions: Permissions;
}

export interface Deployment {
  id: Id;
  name: string;
  cloud: string;
  region: string | null;
  tier: string | null;
  variant: string;
  supervisor_url: string | null;
}

/** One deployment as it is described by itself, of whose many fields these matter. */
export interface DeploymentDetails {
  id: Id;
  name: string;
  /** Of all its nodes; whether each runs every runtime is unknown. */
  nodes_count: number;
  supervisor_url: string | null;
}

export interface TenantEnvironment {
  id: Id;
  name: string;
  deployments: Deployment[];
}

export interface Division {
  id: Id;
  name: string;
  environments: TenantEnvironment[];
}

export interface TenantStructure {
  id: Id;
  name: string;
  divisions: Division[];
}

/** RFC 7807, as both services send it. */
export interface Problem {
  type?: string;
  title?: string;
  code: string;
  reason: string;
  instance?: string;
  field?: string;
  field_issues?: Array<{ code: string; reason: string; path?: string }>;
  status: number;
  retryable?: boolean;
}
