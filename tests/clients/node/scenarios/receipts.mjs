/** What comes in is told once, and after a cut the subscription goes on right behind the last event it had. */
import assert from 'node:assert/strict';

import { open, submit, url } from '../lib/scenario.mjs';
import { begun, follow, openSocket } from '../lib/socket.mjs';

const NAME = 'SubmissionReceived';
const filter = { channel: { equals: 'WEB' }, source: 'board' };
const titleOf = ({ submission }) => submission.title;

const writer = open();
const socket = openSocket(url);
const client = open({ socket });
const received = follow(client, NAME, { filter });
const elsewhere = follow(client, NAME, { filter: { channel: { equals: 'LETTER' } } });
await begun(received, (title) => submit(writer, title));

await submit(writer, '电梯停运');
await submit(writer, '门禁失灵');
const both = [await received.take('the first message'), await received.take('the second message')];
assert.deepEqual(both.map(titleOf), ['电梯停运', '门禁失灵']);
assert.deepEqual(both.map(({ kind }) => kind), ['SUBMISSION_RECEIVED', 'SUBMISSION_RECEIVED']);
assert.notEqual(both[0].cursor, both[1].cursor);

socket.cut();
await received.ended();
await elsewhere.ended();
await submit(writer, '路灯坏了');

const again = follow(client, NAME, { filter, after: both[1].cursor });
const missed = await again.take('the missed message');
assert.equal(titleOf(missed), '路灯坏了', 'exactly the missed one');
await submit(writer, '井盖丢失');
assert.equal(titleOf(await again.take('the next message')), '井盖丢失', 'and then what is new');

const other = follow(client, NAME, { filter, after: both[0].cursor });
const rest = [await other.take('one'), await other.take('two'), await other.take('three')];
assert.deepEqual(rest.map(titleOf), ['门禁失灵', '路灯坏了', '井盖丢失'], 'any cursor serves');
process.exit();
