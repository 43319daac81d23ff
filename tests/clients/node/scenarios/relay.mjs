/** Relay's store on what its compiler made: connections, one within the other, grow by pages and by a mutation. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

import relay from 'relay-runtime';

import { headers } from '../lib/headers.mjs';

const { ConnectionHandler, Environment, Network, RecordSource, Store } = relay;
const { ROOT_ID, commitMutation, createOperationDescriptor, fetchQuery, getRequest, getSingularSelector } = relay;

const [, , url] = process.argv;
const require = createRequire(import.meta.url);
const artifact = (name) => require(`../relay/__generated__/${name}.graphql.js`);

async function ask({ text }, variables) {
  const body = JSON.stringify({ query: text, variables });
  const kinds = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };
  return (await fetch(url, { method: 'POST', headers: { ...kinds, ...headers }, body })).json();
}

const environment = new Environment({ network: Network.create(ask), store: new Store(new RecordSource()) });

/** Read a query, keep it, and return its data as a component sees it. */
async function load(name, variables) {
  const operation = createOperationDescriptor(getRequest(artifact(name)), variables);
  environment.retain(operation);
  await fetchQuery(environment, artifact(name), variables, { fetchPolicy: 'network-only' }).toPromise();
  return environment.lookup(operation.fragment).data;
}

/** Return a fragment's data as its component sees it. */
function see(name, reference) {
  const { data, isMissingData } = environment.lookup(getSingularSelector(artifact(name), reference));
  assert.equal(isMissingData, false, `${name} has all that it asks for`);
  return data;
}

const change = (name, variables) =>
  new Promise((resolve, reject) => {
    const onCompleted = (data, errors) => (errors ? reject(new Error(JSON.stringify(errors))) : resolve(data));
    commitMutation(environment, { mutation: artifact(name), variables, onCompleted, onError: reject });
  });

async function submit(title, connections = []) {
  const input = { title, text: `${title}。`, receivedAt: '2026-11-24T03:58:15Z', externalId: title, platform: '留言板' };
  const { submitWebMessage } = await change('DeskSubmitMutation', { input, connections });
  assert.deepEqual(submitWebMessage.errors, []);
  return submitWebMessage;
}

const titlesOf = ({ edges }) => edges.map(({ node }) => node.title);
const cases = () => see('CaseList_cases', list).cases;

const sent = [];
for (const number of [1, 2, 3, 4, 5]) sent.push(await submit(`路灯 ${number}`));
const expected = ['路灯 5', '路灯 4', '路灯 3', '路灯 2', '路灯 1'];

const list = await load('CaseListQuery', { count: 2 });
assert.deepEqual([titlesOf(cases()), cases().totalCount], [expected.slice(0, 2), 5]);
for (let { pageInfo } = cases(); pageInfo.hasNextPage; { pageInfo } = cases()) {
  await load('CaseListMoreQuery', { count: 2, cursor: pageInfo.endCursor });
}
assert.deepEqual(titlesOf(cases()), expected, 'forwards');

const end = await load('CaseListEndQuery', { count: 2 });
const fromEnd = () => see('CaseListEnd_cases', end).cases;
assert.deepEqual(titlesOf(fromEnd()), expected.slice(-2));
for (let { pageInfo } = fromEnd(); pageInfo.hasPreviousPage; { pageInfo } = fromEnd()) {
  await load('CaseListEndMoreQuery', { count: 2, cursor: pageInfo.startCursor });
}
assert.deepEqual(titlesOf(fromEnd()), expected, 'backwards');

const connection = ConnectionHandler.getConnectionID(ROOT_ID, 'CaseList_cases', { filter: null });
await submit('路灯 6', [connection]);
assert.equal(titlesOf(cases())[0], '路灯 6', 'the payload is in the list');

const [leading, ...others] = sent;
for (const other of others) {
  const input = { leading: leading.case.id, other: other.case.id, reason: '同一事项' };
  const { joinCases } = await change('DeskJoinMutation', { input });
  assert.deepEqual(joinCases.errors, []);
}
const found = await load('CaseSubmissionsMoreQuery', { id: leading.case.id, count: 2 });
const filed = () => see('CaseSubmissions_case', found.node).submissions;
for (let { pageInfo } = filed(); pageInfo.hasNextPage; { pageInfo } = filed()) {
  await load('CaseSubmissionsMoreQuery', { id: leading.case.id, count: 2, cursor: pageInfo.endCursor });
}
assert.deepEqual([titlesOf(filed()).sort(), filed().totalCount], [expected.toReversed(), 5], 'the list within');
assert.equal(filed().edges[0].node.details.platform, '留言板');
process.exit();
