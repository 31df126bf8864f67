import assert from 'node:assert/strict';
import { type Permissions } from '../../../src/api/core-api.js';
import { isGranted } from '../../../src/config/grants.js';

const PLACED = { divisionId: 1n, environmentId: 11n };

describe('what a key may do to a deployment', () => {
  const NOTHING: Permissions = { tenant: [], division: [], environment: [], divisions: {} };
  const inDivision = (
    id: bigint,
    grants: Partial<Permissions['divisions'][string]>,
  ): Permissions => ({
    ...NOTHING,
    divisions: {
      [id.toString()]: { name: 'd', permissions: [], environment: [], environments: {}, ...grants },
    },
  });
  const inEnvironment = (id: bigint, ...permissions: string[]): Permissions =>
    inDivision(1n, { environments: { [id.toString()]: { name: 'e', permissions } } });
  const may = (
    permissions: Permissions,
    place: Parameters<typeof isGranted>[2] = PLACED,
  ): Array<boolean | null> =>
    (['read', 'manage'] as const).map((wanted) => isGranted(permissions, wanted, place));

  it('is by a grant for the tenant, for its division or its environment: manage is both', () => {
    for (const grant of [
      (permission: string): Permissions => ({ ...NOTHING, environment: [permission] }),
      (permission: string) => inDivision(1n, { environment: [permission] }),
      (permission: string) => inEnvironment(11n, permission),
    ]) {
      assert.deepEqual(may(grant('deployment:read')), [true, false]);
      assert.deepEqual(may(grant('deployment:manage')), [true, true]);
      assert.deepEqual(may(grant('environment:manage')), [false, false]);
    }
    assert.deepEqual(
      may({ ...inEnvironment(11n, 'deployment:manage'), environment: ['deployment:read'] }),
      [true, true],
    );
  });

  it('is nothing by a grant for another place', () => {
    assert.deepEqual(may(inEnvironment(12n, 'deployment:manage')), [false, false]);
    assert.deepEqual(may(inDivision(2n, { environment: ['deployment:manage'] })), [false, false]);
  });

  it('is unknown where it is not known where the deployment stands, and there are grants for parts', () => {
    const parts = inEnvironment(11n, 'deployment:manage');
    assert.deepEqual(may(parts, {}), [null, null]);
    assert.deepEqual(may({ ...parts, environment: ['deployment:read'] }, {}), [true, null]);
    assert.deepEqual(may(NOTHING, {}), [false, false]);
  });
});
