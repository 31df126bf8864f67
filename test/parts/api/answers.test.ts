import assert from 'node:assert/strict';
import fc from 'fast-check';
import { triggerBody } from '../../../src/api/supervisor-api.js';
import { TransportError, UsageError } from '../../../src/base/errors.js';
import { MAX_ID } from '../../../src/base/ids.js';
import { stringifyJson } from '../../../src/base/json.js';
import { failureOf, fails } from '../../helpers/failure.js';
import { core, entry, KEY, list, page, REQUEST_ID, trigger, without } from './served.js';

describe('the answer to a trigger', () => {
  it('is accepted at 202, whatever the body, and tells a replay and the time of the server', async () => {
    const accepted = { requestId: REQUEST_ID, replayed: false, serverTime: null };
    for (const body of ['', '{"cut', '<html>', '{"id":1}']) {
      assert.deepEqual(await trigger({ status: 202, body }), accepted);
    }
    const headers = {
      'idempotent-replayed': 'true',
      date: 'Mon, 01 Jun 2026 12:00:05 GMT',
      'ld-request': '',
    };
    const replayed = {
      requestId: null,
      replayed: true,
      serverTime: Date.UTC(2026, 5, 1, 12, 0, 5),
    };
    assert.deepEqual(await trigger({ status: 202, headers }), replayed);
    const doubled = { ...headers, 'idempotent-replayed': 'true, true', age: '0' };
    assert.deepEqual(await trigger({ status: 202, headers: doubled }), replayed);
    const old = { ...headers, 'idempotent-replayed': 'true, false', age: '1' };
    assert.deepEqual(await trigger({ status: 202, headers: old }), {
      ...{ requestId: null, replayed: false, serverTime: null },
    });
  });

  it('is none at another success', async () => {
    for (const status of [200, 201, 204]) {
      await fails(trigger({ status }), {
        message: new RegExp(`^\\S+ answered ${status} where 202 was expected$`),
      });
    }
  });
});

describe('the body of a trigger', () => {
  it('is {} forevery node, and never an empty list', () => {
    assert.equal(triggerBody(null), '{}');
    assert.throws(() => triggerBody([]), UsageError);
  });

  it('names each node once, ascending, digit for digit, without spaces, whatever the order was', () => {
    const nodes = [18446744073709551615n, 610809900976570889n, 9n, 10n, 610809900976570889n];
    assert.equal(triggerBody(nodes), '{"nodes":[9,10,610809900976570889,18446744073709551615]}');
    const ids = fc.uniqueArray(fc.bigInt({ min: 0n, max: MAX_ID }), { minLength: 1 });
    fc.assert(
      fc.property(ids, (some) => {
        const ascending = [...some].sort((a, b) => (a < b ? -1 : 1));
        assert.equal(triggerBody(some), `{"nodes":[${ascending.join(',')}]}`);
      }),
    );
  });
});

describe('a page of the activity log', () => {
  it('keeps entries exactly as the API gave them: unknown fields and values, null, the order of fields', async () => {
    const text =
      '{"zone":{"deep":[1.50,null]},"id":18446744073709551615,"status":"queued","node_id":2,"runtime":"",' +
      '"action":"reconfigure:9","created_at":"2026-06-30T23:59:60Z","finished_at":null,"author_id":"me"}';
    const result = await list({
      body: `{"items":[${text}],"page":3,"total_results":21,"total_pages":3,"extra":true}`,
    });
    assert.equal(stringifyJson(result.items[0]), text);
    assert.deepEqual([result.page, result.total_results, result.total_pages], [3, 21, 3]);
    assert.deepEqual((await list({ body: page([], { total_pages: 0n }) })).items, []);
  });

  it('takes a time without a zone for UTC, whatever the zone of this machine is', async () => {
    const given = [
      '2026-06-01T11:59:00',
      '2026-06-01 11:59:00.123456',
      '2026-06-01T20:59:00+09:00',
    ];
    const { items } = await list({
      body: page(given.map((time) => entry({ created_at: time, finished_at: time }))),
    });
    const wanted = [`${given[0]}Z`, `${given[1]}Z`, given[2]];
    assert.deepEqual(
      items.map(({ created_at, finished_at }) => [created_at, finished_at]),
      wanted.map((time) => [time, time]),
    );
  });

  it('loses no digit of any id of 64 bits', async () => {
    const fields = [
      'id',
      'node_id',
      'tenant_id',
      'division_id',
      'environment_id',
      'deployment_id',
      'author_id',
    ];
    const id = fc.bigInt({ min: 0n, max: MAX_ID });
    const one = fc.record(Object.fromEntries(fields.map((field) => [field, id])));
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 20 }), async (given) => {
        const { items } = await list({ body: page(given.map(entry)) });
        assert.deepEqual(items, given.map(entry));
      }),
      { numRuns: 30 },
    );
  });
});

/** @returns the error that says that an answer is none */
async function isNone(call: Promise<unknown>): Promise<TransportError> {
  const error = await failureOf(call, TransportError);
  assert.equal(error.code, 'invalid_answer');
  return error;
}

describe('an answer that is none', () => {
  const refused = async (body: unknown) => {
    const error = await isNone(list({ body }));
    assert.deepEqual([error.exitCode, error.requestId], [6, REQUEST_ID]);
    return error;
  };
  const cases: Array<[what: string, body: unknown, says: RegExp]> = [
    ['nothing', '', /^the answer is not JSON, or was cut off/],
    ['spaces', ' \n', /^the answer is not JSON, or was cut off/],
    ['null', 'null', /the answer has another shape: Invalid \w+: Expected/],
    ['a list', '[]', /the answer has another shape: items: Invalid \w+: Expected/],
    ['a number', '42', /the answer has another shape: Invalid \w+: Expected/],
    ['no items', { page: 1n, total_results: 0n, total_pages: 0n }, /items/],
    ['items that are null', page(null), /items: a list of entries was expected/],
    ['an entry that is null', page([null]), /items\.0: an entry of the log was expected/],
    ['an entry that is text', page(['x']), /items\.0: an entry of the log was expected/],
    ['a negative count', page([entry()], { total_results: -1n }), /total_results/],
    ['a count that is text', page([entry()], { total_pages: '1' }), /total_pages/],
    ['a count that is too large', page([entry()], { total_results: 2n ** 53n }), /total_results/],
    ['an id beyond 64 bits', page([entry({ id: 2n ** 64n })]), /items\.0: id: an id was expected/],
    ['an id below 0', page([entry({ id: -1n })]), /items\.0: id: an id was expected/],
    [
      'an id that is text',
      page([entry({ node_id: '41' })]),
      /items\.0: node_id: an id was expected/,
    ],
    [
      'an id with a fraction',
      stringifyJson(page([entry()])).replace('"id":41', '"id":41.5'),
      /items\.0: id: an id/,
    ],
    [
      'an end that is a number',
      page([entry({ finished_at: 1780315200n })]),
      /items\.0: finished_at: text was expected/,
    ],
    ['a tenant that is no id', page([entry({ tenant_id: 'me' })]), /tenant_id: an id was/],
    [
      'a deployment that is no id',
      page([entry({ deployment_id: 'me' })]),
      /deployment_id: an id was/,
    ],
    ...['id', 'node_id', 'runtime', 'action', 'status', 'created_at'].map(
      (field): [string, unknown, RegExp] => [
        `an entry without ${field}`,
        page([entry({ id: 40n }), without(entry(), field)]),
        new RegExp(`items\\.1: ${field}: (an id|text) was expected`),
      ],
    ),
  ];
  for (const [what, body, says] of cases) {
    it(`${what}: refused, and says what came`, async () =>
      assert.match((await refused(body)).message, says));
  }

  it('can be cut off anywhere', async () => {
    const whole = stringifyJson(page([{ id: 1n }]));
    for (let length = 1; length < whole.length; length++) {
      assert.match((await refused(whole.slice(0, length))).message, /not JSON, or was cut off/);
    }
  });

  it('can be a web page: its words are quoted, and the URL is suspected', async () => {
    const html = '<!doctype html><style>p{color:red}</style><h1>Sign in</h1>\n<p>to Corp Wi-Fi</p>';
    const error = await refused(html);
    assert.match(error.message, /is a web page: Sign in to Corp Wi-Fi$/);
    assert.match(error.hint ?? '', /Check the URL, http:\/\/127\.0\.0\.1:\d+,/);
  });

  it('never gets the key, or a control character, into the error', async () => {
    for (const body of [
      `<p>${KEY}\u001b[2J</p>`,
      `{"${KEY}":1,"${KEY}":2}`,
      page([{ [KEY]: KEY }]),
    ]) {
      const { message } = await refused(body);
      assert.doesNotMatch(message, /4f9a8b7c6d5e/);
      assert.ok(!message.includes('\u001b'));
    }
  });
});

describe('what Core answers', () => {
  const grants = { tenant: ['tenant:read'], division: [], environment: ['deployment:read'] };
  const prod = { name: 'prod', permissions: ['deployment:manage'] };
  const trading = {
    name: 'Trading',
    permissions: [],
    environment: [],
    environments: { '610809900976570889': prod },
  };
  const permissions = { ...grants, divisions: { '18446744073709551615': trading } };
  const key = {
    ...{ id: 7261845022003200001n, name: 'ci', user_id: 2n, role_id: 3n, role_name: 'operator' },
    ...{
      division_id: 18446744073709551615n,
      division_name: 'Trading',
      validate_ip: true,
      allowed_ips: ['203.0.113.7'],
    },
    ...{ expiry_at: '2027-01-01T00:00:00Z', created_at: '2026-01-01T00:00:00Z' },
  };
  const context = (body: unknown) => core(body, (api) => api.keyContext(1n));

  it('of a key is read with its fields at the top, or under api_key, permissions beside it or with it', async () => {
    const whole = { ...key, permissions };
    for (const body of [whole, { api_key: key, permissions }, { api_key: whole }]) {
      assert.deepEqual(await context(body), whole);
    }
  });

  it('of a key may lack what is optional, or have null there', async () => {
    const bare = {
      id: 1n,
      name: 'ci',
      role_name: 'reader',
      user_id: null,
      expiry_at: null,
      division_name: null,
    };
    const none = { tenant: [], division: [], environment: [], divisions: {} };
    assert.deepEqual(await context({ ...bare, permissions: {} }), { ...bare, permissions: none });
  });

  const prices = {
    ...{
      id: 610809900976570889n,
      name: 'prices',
      cloud: 'aws',
      region: 'us-east-1',
      tier: 'm1',
      variant: 'managed',
    },
    supervisor_url: 'https://supervisor-aws-us.laserdata.cloud',
  };
  const tree = (deployments: unknown) => ({
    ...{ id: 1n, name: 'Acme' },
    divisions: [{ id: 2n, name: 'Trading', environments: [{ id: 3n, name: 'prod', deployments }] }],
  });
  const structure = (body: unknown) => core(body, (api) => api.structure(1n));

  it('of a tenant is read as it is, with null for what a deployment lacks, and an empty list for null', async () => {
    assert.deepEqual(await structure(tree([prices])), tree([prices]));
    const bare = without(prices, 'region', 'tier', 'supervisor_url');
    const { divisions } = await structure(tree([bare]));
    assert.deepEqual(divisions[0]?.environments[0]?.deployments, [
      { ...bare, region: null, tier: null, supervisor_url: null },
    ]);
    assert.deepEqual(await structure(tree(null)), tree([]));
    assert.deepEqual((await structure({ id: 1n, name: 'Acme', divisions: null })).divisions, []);
  });

  const details = {
    id: 4n,
    name: 'prices',
    nodes_count: 3n,
    cluster: 'cluster',
    runtimes: ['iggy'],
  };
  const at = { tenantId: 1n, divisionId: 2n, environmentId: 3n, deploymentId: 4n };
  const deployment = (body: unknown) => core(body, (api) => api.deployment(at));

  it('is refused when it is something else', async () => {
    for (const body of [[], {}, key, { ...key, permissions, id: '7' }, { api_key: 7n }]) {
      await isNone(context(body));
    }
    for (const body of [{}, [], tree([{ ...prices, id: 'x' }])]) {
      await isNone(structure(body));
    }
    for (const nodes_count of ['3', -1n, null, 100_001n, 2n ** 64n]) {
      await isNone(deployment({ ...details, nodes_count }));
    }
  });

  it('is refused when it is about another tenant or deployment than was asked for', async () => {
    assert.equal((await deployment(details)).nodes_count, 3);
    await isNone(deployment({ ...details, id: 5n }));
    await isNone(structure({ ...tree([prices]), id: 2n }));
  });
});
