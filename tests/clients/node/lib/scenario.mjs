/** What each scenario starts with: the client and the server that its command line names, and some messages. */
import assert from 'node:assert/strict';

import { getIntrospectionQuery } from 'graphql';

import { headers } from './headers.mjs';

export const [, , kind, url] = process.argv;

const { open: openKind } = await import(`./${kind}.mjs`);
const asked = await fetch(url, {
  method: 'POST',
  headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
  body: JSON.stringify({ query: getIntrospectionQuery() }),
});
export const schema = (await asked.json()).data;

/** Open the client. */
export const open = (options) => openKind(url, { schema, ...options });

/** Return a message by somebody else than any other's. */
export const message = (title, more = {}) => ({
  title,
  text: `${title}，已经三个月了。`,
  receivedAt: '2026-11-24T03:58:15Z',
  source: 'board',
  externalId: title,
  platform: '留言板',
  likes: 3,
  ...more,
});

/** Send a message and return what became of it. */
export async function submit(client, title, more) {
  const { data, errors } = await client.mutate('SubmitWebMessage', { input: message(title, more) });
  assert.deepEqual(errors, []);
  assert.deepEqual(data.submitWebMessage.errors, []);
  return data.submitWebMessage;
}

/** Return the cursor of what happened last, while it is little. */
export async function position(client) {
  const { changes } = await good(client.query('Position', {}));
  assert.equal(changes.more, false);
  return changes.cursor;
}

/** Return the data of an answer that has no errors. */
export async function good(answer) {
  const { data, errors } = await answer;
  assert.deepEqual(errors, []);
  return data;
}
