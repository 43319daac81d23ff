/** One who was cut off sees, once back, the changes that one who was not sees; and a cache takes them up. */
import assert from 'node:assert/strict';

import { good, open, position, submit, url } from '../lib/scenario.mjs';
import { follow, openSocket } from '../lib/socket.mjs';
import { Inbox } from '../lib/waiting.mjs';

const NAME = 'CaseChanged';
const told = (events) => events.map(({ kind, at }) => [kind, at]);
const titled = (title) => (event) => event.case.title === title;

const writer = open();
const steady = follow(open({ socket: openSocket(url) }), NAME, { after: await position(writer) });
const socket = openSocket(url);
const client = open({ socket });

const first = await submit(writer, '电梯停运');
const opened = await steady.until(titled('电梯停运'), 'the opened case');
const unsteady = follow(client, NAME, { after: opened.at(-1).cursor });
const second = await submit(writer, '门禁失灵');
const before = await unsteady.until(titled('门禁失灵'), 'the second case');

socket.cut();
await unsteady.ended();
const input = { leading: first.case.id, other: second.case.id, reason: '同一事项' };
assert.deepEqual((await good(writer.mutate('JoinCases', { input }))).joinCases.errors, []);
const away = follow(client, NAME, { after: before.at(-1).cursor });
await submit(writer, '路灯坏了');
const after = await away.until(titled('路灯坏了'), 'the third case');
const all = await steady.until(titled('路灯坏了'), 'the third case for the other');
assert.deepEqual(told([...before, ...after]), told(all), 'nothing is missed, nothing comes twice');
const joined = after.filter(({ kind }) => kind === 'CASES_JOINED').map((event) => event.case.id);
assert.deepEqual([...new Set(joined)], [first.case.id], 'the leading case answers');

const seen = new Inbox();
await good(client.query('Anything', { id: first.case.id }));
client.watch('Anything', { id: first.case.id }, (data) => seen.put(data.node.title));
assert.equal(await seen.take('the title from the cache'), '电梯停运');
await submit(writer, '电梯又停运', { externalId: '电梯停运' });
assert.equal(await seen.take('the title from the event'), '电梯又停运');
process.exit();
