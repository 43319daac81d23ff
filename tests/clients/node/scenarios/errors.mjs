/** What is refused arrives with its code: by the request, by a field beside data, and by a mutation as data. */
import assert from 'node:assert/strict';

import { good, message, open, submit } from '../lib/scenario.mjs';

const client = open();

for (const byGet of [false, true]) {
  const reader = open({ byGet });
  for (const [name, variables, code, data] of [
    ['CasePage', { first: 2, last: 2 }, 'INVALID_PAGE'],
    ['CasePage', { first: 2, after: 'nowhere' }, 'INVALID_CURSOR'],
    ['CasePage', { first: 1_000 }, 'LIMIT_PAGE_SIZE'],
    ['CasePage', { first: 'two' }, 'BAD_USER_INPUT'],
    ['SubmissionFile', { id: 'nobody' }, 'INVALID_ID'],
  ]) {
    const { errors } = await reader.query(name, variables);
    assert.deepEqual(errors.map((error) => error.code), [code], `${name} ${JSON.stringify(variables)}`);
    assert.ok(errors[0].message);
  }
}

const { data, errors } = await client.mutate('SubmitWebMessage', { input: message('', { title: null }) });
assert.deepEqual([data ?? null, errors.map(({ code }) => code)], [null, ['BAD_USER_INPUT']]);

const sent = await submit(client, '路灯坏了');
const input = { leading: sent.case.id, other: sent.submission.id, reason: '同一事项' };
const { joinCases } = await good(client.mutate('JoinCases', { input }));
assert.equal(joinCases.case, null);
assert.deepEqual(joinCases.errors.map(({ code, field }) => [code, field]), [['INVALID', ['other']]]);
process.exit();
