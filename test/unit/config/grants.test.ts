import assert from 'node:assert/strict';
import { type Permissions } from '../../../src/api/core-api.js';
import { isGranted, type SupervisorPermission } from '../../../src/config/grants.js';

const PLACE = { divisionId: 7261845022003200101n, environmentId: 7261845022003200203n };
const NOTHING: Permissions = { tenant: [], division: [], environment: [], divisions: {} };

function inDivision(id: bigint, grants: Partial<Permissions['divisions'][string]>): Permissions {
  return {
    ...NOTHING,
    divisions: { [id.toString()]: { name: 'd', permissions: [], environment: [], environments: {}, ...grants } },
  };
}

function inEnvironment(id: bigint, ...permissions: string[]): Permissions {
  return inDivision(PLACE.divisionId, { environments: { [id.toString()]: { name: 'e', permissions } } });
}

/** May it read, may it manage? */
function may(permissions: Permissions, place: typeof PLACE | null = PLACE): [boolean | null, boolean | null] {
  const ask = (wanted: SupervisorPermission): boolean | null => isGranted(permissions, wanted, place);
  return [ask('deployment:read'), ask('deployment:manage')];
}

describe('what a key may do to a deployment', () => {
  const scopes: Record<string, (permission: string) => Permissions> = {
    'for the whole tenant': (permission) => ({ ...NOTHING, environment: [permission] }),
    'for its division': (permission) => inDivision(PLACE.divisionId, { environment: [permission] }),
    'for its environment': (permission) => inEnvironment(PLACE.environmentId, permission),
  };
  for (const [scope, grant] of Object.entries(scopes)) {
    it(`deployment:read ${scope} is reading only`, () => {
      assert.deepEqual(may(grant('deployment:read')), [true, false]);
    });

    it(`deployment:manage ${scope} includes reading`, () => {
      assert.deepEqual(may(grant('deployment:manage')), [true, true]);
    });

    it(`environment:manage ${scope} is neither`, () => {
      assert.deepEqual(may(grant('environment:manage')), [false, false]);
    });
  }

  it('is nothing without a grant', () => {
    assert.deepEqual(may(NOTHING), [false, false]);
  });

  it('is nothing by a grant for another environment or another division, however alike the ids', () => {
    assert.deepEqual(may(inEnvironment(PLACE.environmentId + 1n, 'deployment:manage')), [false, false]);
    assert.deepEqual(may(inDivision(PLACE.divisionId - 1n, { environment: ['deployment:manage'] })), [false, false]);
  });

  it('adds up over the scopes', () => {
    const both = { ...inEnvironment(PLACE.environmentId, 'deployment:manage'), environment: ['deployment:read'] };
    assert.deepEqual(may(both), [true, true]);
  });

  describe('when it is not known where the deployment stands', () => {
    it('is what is granted for the whole tenant', () => {
      assert.deepEqual(may({ ...NOTHING, environment: ['deployment:manage'] }, null), [true, true]);
    });

    it('is unknown as long as there are grants for parts of it', () => {
      const parts = inEnvironment(PLACE.environmentId, 'deployment:manage');
      assert.deepEqual(may(parts, null), [null, null]);
      assert.deepEqual(may({ ...parts, environment: ['deployment:read'] }, null), [true, null]);
    });

    it('is nothing when there are no grants at all', () => {
      assert.deepEqual(may(NOTHING, null), [false, false]);
    });
  });
});
