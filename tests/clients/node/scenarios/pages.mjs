/** Every page of a list, forwards and backwards, by POST and by GET, one by one and as the cache joins them. */
import assert from 'node:assert/strict';

import { good, open, submit } from '../lib/scenario.mjs';

const COUNT = 8;
const SIZE = 3;
const forwards = { start: { first: SIZE }, turn: (info) => info.hasNextPage && { first: SIZE, after: info.endCursor } };
const backwards = {
  start: { last: SIZE },
  turn: (info) => info.hasPreviousPage && { last: SIZE, before: info.startCursor },
};
const cases = { name: 'CasePage', variables: {}, pick: (data) => data.cases };
const titlesOf = (edges) => edges.map(({ node }) => node.title);

/** Return all edges of a list, read page by page. */
async function collect(client, { name, variables, pick }, { start, turn }, { end }) {
  const pages = [];
  for (let next = start; next; ) {
    const page = pick(await good(client.query(name, { ...variables, ...next })));
    assert.equal(page.totalCount, COUNT, 'the count is that of all elements');
    assert.equal(page.pageInfo.startCursor, page.edges[0].cursor);
    assert.equal(page.pageInfo.endCursor, page.edges.at(-1).cursor);
    pages.push(page.edges);
    next = turn(page.pageInfo);
  }
  assert.deepEqual(pages.map((page) => page.length), [SIZE, SIZE, COUNT - 2 * SIZE]);
  return (end ? pages.reverse() : pages).flat();
}

/** Compare a list read in either direction with what it has to be. */
async function compare(list, expected) {
  for (const byGet of [false, true]) {
    const there = await collect(open({ byGet }), list, forwards, { end: false });
    const back = await collect(open({ byGet }), list, backwards, { end: true });
    assert.deepEqual(titlesOf(there), expected, 'forwards, each exactly once');
    assert.deepEqual(back, there, 'backwards it is the same list');
  }
  for (const [way, { start, turn }] of Object.entries({ forwards, backwards })) {
    const whole = await open({ joins: true }).scroll(list.name, { ...list.variables, ...start }, list.pick, turn);
    assert.deepEqual(titlesOf(whole.edges), expected, `${way}, joined by the cache`);
    assert.equal(whole.totalCount, COUNT);
    assert.deepEqual([whole.pageInfo.hasNextPage, whole.pageInfo.hasPreviousPage], [false, false], way);
  }
}

const client = open();
const sent = [];
for (let number = 1; number <= COUNT; number += 1) {
  sent.push(await submit(client, `路灯坏了 ${number}`, { receivedAt: `2026-11-24T03:0${number}:00Z` }));
}
const latestFirst = sent.map(({ submission }) => submission.title).reverse();
await compare(cases, latestFirst);

const [leading, ...others] = sent;
for (const other of others) {
  const input = { leading: leading.case.id, other: other.case.id, reason: '同一事项' };
  const { joinCases } = await good(client.mutate('JoinCases', { input }));
  assert.deepEqual(joinCases.errors, []);
  assert.equal(joinCases.case.id, leading.case.id);
}
const submissions = { name: 'CaseFile', variables: { id: leading.case.id }, pick: (data) => data.case.submissions };
await compare(submissions, latestFirst);
process.exit();
