import { Refusal } from './problems.js';

/** Where a request goes; path parameters as sent, not judged yet. */
export type Route =
  | { name: 'trigger'; deployment: string; runtime: string; action: string }
  | { name: 'list'; deployment: string; query: URLSearchParams }
  | { name: 'context'; tenant: string }
  | { name: 'structure'; tenant: string }
  | { name: 'deployment'; tenant: string; division: string; environment: string; deployment: string };

interface Pattern {
  method: 'GET' | 'POST';
  path: RegExp;
  route: (parameters: readonly string[], query: URLSearchParams) => Route;
}

// Segments are matched as they were sent: a doubled slash, a slash at the end or an encoded colon is another path.
const PATTERNS: readonly Pattern[] = [
  {
    method: 'POST',
    path: /^\/deployments\/([^/]+)\/activities\/([^/]+)\/([^/]+)$/,
    route: ([deployment = '', runtime = '', action = '']) => ({ name: 'trigger', deployment, runtime, action }),
  },
  {
    method: 'GET',
    path: /^\/deployments\/([^/]+)\/activities$/,
    route: ([deployment = ''], query) => ({ name: 'list', deployment, query }),
  },
  {
    method: 'GET',
    path: /^\/tenants\/([^/]+)\/api_keys\/context$/,
    route: ([tenant = '']) => ({ name: 'context', tenant }),
  },
  {
    method: 'GET',
    path: /^\/tenants\/([^/]+)\/structure$/,
    route: ([tenant = '']) => ({ name: 'structure', tenant }),
  },
  {
    method: 'GET',
    path: /^\/tenants\/([^/]+)\/divisions\/([^/]+)\/environments\/([^/]+)\/deployments\/([^/]+)$/,
    route: ([tenant = '', division = '', environment = '', deployment = '']) => ({
      name: 'deployment',
      tenant,
      division,
      environment,
      deployment,
    }),
  },
];

/**
 * Finds the route of a method and a path with its query.
 * @throws Refusal 404 for a path the contract does not have, 405 for another method, 400 for a query where none goes
 */
export function findRoute(method: string, target: string): Route {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  for (const pattern of PATTERNS) {
    const match = pattern.path.exec(path);
    if (!match) continue;
    if (method !== pattern.method) {
      throw new Refusal('method_not_allowed', `${path} takes ${pattern.method} only.`, {
        headers: { allow: pattern.method },
      });
    }
    const route = pattern.route(match.slice(1), query);
    if (route.name !== 'list' && query.size > 0) {
      throw new Refusal('validation_error', `${path} takes no query.`);
    }
    return route;
  }
  throw new Refusal('not_found', `There is nothing at ${path}.`);
}
