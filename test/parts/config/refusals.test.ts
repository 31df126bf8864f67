import assert from 'node:assert/strict';
import { ApiError } from '../../../src/base/errors.js';
import { ApiKey } from '../../../src/base/secret.js';
import { explainRefusal } from '../../../src/config/refusals.js';
import { resolveSettings } from '../../../src/config/settings.js';
import { KEY, keyTools, profileNamed } from './fixtures.js';

const profile = profileNamed('prod', { deployment_id: 7n, tenant_id: 5n });
const OURS = { LD_API_KEY: KEY, LD_TENANT_ID: '5' };
const DEPLOYMENT = { id: 7n, name: 'sandbox', path: 'platform/demo/sandbox' };

describe('a refusal of the API', () => {
  const explained = (
    status: number,
    reason: string,
    {
      env = OURS,
      deployment = DEPLOYMENT,
      permission = 'deployment:manage',
      url = 'https://supervisor.example',
      unknownNodes = [],
    }: {
      env?: Readonly<Record<string, string>>;
      deployment?: Parameters<typeof explainRefusal>[1]['deployment'] | null;
      permission?: string;
      url?: string;
      unknownNodes?: bigint[];
    } = {},
  ): { message: string; hint: string } => {
    const settings = resolveSettings({
      flags: {},
      env,
      config: { current: 'prod', profiles: [profile] },
      keys: keyTools(),
    });
    const error = new ApiError(reason, {
      ...{ status, code: 'forbidden', reason, permission, unknownNodes },
    });
    const { message, hint = '' } = explainRefusal(error, {
      ...{ url: new URL(url), apiKey: new ApiKey(KEY), settings },
      deployment: deployment ?? undefined,
      nodes: [610809900976570889n, 610809900976570890n, 610809900976570889n],
    });
    assert.equal(error.message, reason, 'the original was changed');
    return { message, hint };
  };

  it('says of a 401 which key it was, and where that is from', () => {
    assert.match(
      explained(401, 'expired').hint,
      /^ldctl used the key ld_pk_…2345 \(LD_API_KEY\)\. .*make a new one in the LaserData console\.$/,
    );
    assert.match(
      explained(401, 'expired', { env: {} }).hint,
      /^ldctl used the key ld_pk_…2345 \(profile prod\)\. .*profiles update prod/,
    );
  });

  it('says of a 403 which permission the key lacks, and where', () => {
    const words = 'This key lacks the permission deployment:manage on deployment sandbox.';
    assert.deepEqual(explained(403, words), {
      message:
        'the API key ld_pk_…2345 (LD_API_KEY) lacks deployment:manage on platform/demo/sandbox',
      hint: '`ldctl whoami` shows what it may do.',
    });
    // The server names none: it is the one that the request needs.
    const unnamed = explained(403, 'missing permission', {
      deployment: { id: 7n, name: null, path: null },
    });
    assert.match(unnamed.message, /lacks deployment:manage on deployment 7$/);
  });

  it('says how to do without info:read', () => {
    const { message, hint } = explained(403, 'permission missing', {
      ...{ deployment: null, permission: 'info:read' },
    });
    assert.match(message, /\(LD_API_KEY\) lacks info:read$/);
    assert.equal(hint, "Without info:read, give the deployment's id, and its supervisor's URL.");
  });

  it("says that the tenant is not the key's, and where the tenant is from", () => {
    const asked = { deployment: null, permission: 'info:read' };
    assert.match(
      explained(403, 'This key is not one of tenant 5.', asked).message,
      /^LD_TENANT_ID is not the tenant of the API key ld_pk_…2345 \(LD_API_KEY\)$/,
    );
    assert.match(
      explained(403, 'This key is not one of tenant 5.', { ...asked, env: {} }).message,
      /^tenant_id of profile prod is not the tenant of the API key ld_pk_…2345 \(profile prod\)$/,
    );
  });

  it('speaks of an allow-list unless the server says that it is something else', () => {
    const ofAddress = explained(403, 'The address 203.0.113.7 is not allowed.');
    assert.equal(ofAddress.message, 'The address 203.0.113.7 is not allowed.');
    assert.match(
      ofAddress.hint,
      /\(LD_API_KEY\)\. .* If it has an allow-list, the list must contain this machine's address\./,
    );
    assert.match(
      explained(403, 'Forbidden').hint,
      /It needs deployment:manage\. If it has an allow-list/,
    );
    assert.doesNotMatch(explained(403, 'no permission').hint, /allow-list/);
  });

  it('says that a URL has a path where there is nothing', () => {
    const url = 'https://supervisor.example/v1';
    const { hint } = explained(404, 'There is nothing here.', { url });
    assert.equal(hint, 'The URL has a path, /v1: give https://supervisor.example.');
  });

  it('says which node it may have been, where only the end of its id was given', () => {
    const hintOf = (...unknownNodes: bigint[]): string =>
      explained(422, 'there is no such node', { unknownNodes }).hint;
    assert.equal(
      hintOf(889n),
      '889 is the end of 610809900976570889: give the whole id, or ...889 at a terminal.',
    );
    assert.match(hintOf(890n, 889n), /^890 is the end of 610809900976570890: give the whole id/);
    assert.equal(hintOf(88n), '');
    // An end of fewer than three digits is refused.
    assert.equal(hintOf(90n), '90 is the end of 610809900976570890: give the whole id.');
  });

  it('names the deployment by its path', () => {
    const message = 'deployment 7 has no node 1';
    assert.equal(explained(422, message).message, 'platform/demo/sandbox has no node 1');
  });
});
