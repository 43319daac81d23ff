/** What a mutation brings back changes all that is shown of it, in a normalised cache, without another read. */
import assert from 'node:assert/strict';

import { good, open, submit } from '../lib/scenario.mjs';
import { Inbox } from '../lib/waiting.mjs';

const client = open();

/** Read something, and return what tells its state from then on. */
async function show(name, variables) {
  await good(client.query(name, variables));
  const seen = new Inbox();
  client.watch(name, variables, (data) => seen.put(data));
  await seen.take(`${name} from the cache`);
  return seen;
}

const first = await submit(client, '电梯停运');
assert.deepEqual([first.change, first.submission.details.platform, first.case.channels], ['NEW', '留言板', ['WEB']]);
assert.equal(first.submission.case.id, first.case.id);
const shown = await show('SubmissionFile', { id: first.submission.id });

const revised = await submit(client, '电梯又停运', { externalId: '电梯停运' });
assert.deepEqual([revised.change, revised.submission.id], ['REVISED', first.submission.id], 'ids are stable');
const { submission } = await shown.take('the new title');
assert.deepEqual([submission.title, submission.revisionCount], ['电梯又停运', 2]);
assert.equal((await submit(client, '电梯又停运', { externalId: '电梯停运' })).change, 'UNCHANGED');

const second = await submit(client, '门禁失灵');
const whole = await show('CaseOverview', { id: first.case.id });
const join = { leading: first.case.id, other: second.case.id, reason: '同一事项' };
const { joinCases } = await good(client.mutate('JoinCases', { input: join }));
assert.deepEqual(joinCases.errors, []);
const { case: joined } = await whole.take('the joined case');
assert.deepEqual([joined.id, joined.submissions.totalCount], [first.case.id, 2]);
const ties = joined.relations.map(({ relation, originId }) => [relation, originId]);
assert.deepEqual(ties, [['SAME_MATTER', second.case.id]]);

const neighbour = { division: '430104', text: '楼下烧烤店油烟扰民。', mentions: [{ account: 'u1', name: '王某' }] };
const third = await submit(client, '油烟', neighbour);
const fourth = await submit(client, '油烟扰民', neighbour);
assert.equal(fourth.case.id, third.case.id, 'the same party and matter is one case');
const moving = await show('SubmissionFile', { id: fourth.submission.id });
const part = { submission: fourth.submission.id, case: first.case.id, reason: '另一事项' };
const { fileSubmission } = await good(client.mutate('FileSubmission', { input: part }));
assert.deepEqual(fileSubmission.errors, []);
assert.equal((await moving.take('the submission in its new case')).submission.case.id, first.case.id);
assert.equal((await whole.take('the case with one more')).case.submissions.totalCount, 3);

const { node } = await good(client.query('Anything', { id: first.case.id }));
assert.deepEqual([node.__typename, node.id, node.submissionCount], ['Case', first.case.id, 2]);
process.exit();
