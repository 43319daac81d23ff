/** graphql-ws connects again by itself: it asks anew from the last cursor, and nobody above it notices. */
import assert from 'node:assert/strict';

import { print } from 'graphql';

import { documents } from '../lib/documents.mjs';
import { open, position, submit, url } from '../lib/scenario.mjs';
import { follow, openSocket } from '../lib/socket.mjs';

const writer = open();
let last = await position(writer);
let connections = 0;
const socket = openSocket(url, {
  retryAttempts: 5,
  retryWait: async () => {},
  shouldRetry: () => true,
  on: { connected: () => (connections += 1) },
});
const client = {
  subscribe(name, _, sink) {
    const payload = {
      query: print(documents[name]),
      get variables() {
        return { after: last };
      },
    };
    const next = ({ data, errors }) => {
      if (errors) return sink.error(errors);
      last = data.submissionReceived.cursor;
      sink.next(data);
    };
    socket.subscribe(payload, { next, error: sink.error, complete: () => {} });
  },
};

const received = follow(client, 'SubmissionReceived');
for (const title of ['电梯停运', '门禁失灵', '路灯坏了']) {
  socket.cut();
  await submit(writer, title);
  const { submission } = await received.take(title);
  assert.equal(submission.title, title, 'each once, in order');
}
assert.ok(connections >= 2, 'it did connect again');
process.exit();
