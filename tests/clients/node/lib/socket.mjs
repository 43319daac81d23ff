/** graphql-ws on sockets that can be cut, as a network does it: without a word of goodbye. */
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

import { headers } from './headers.mjs';
import { Inbox, within } from './waiting.mjs';

/** Return a client of graphql-transport-ws; it connects when it has something to follow. */
export function openSocket(url, options = {}) {
  const sockets = [];
  class Cuttable extends WebSocket {
    constructor(...words) {
      super(...words);
      sockets.push(this);
    }
  }
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: Cuttable,
    retryAttempts: 0,
    onNonLazyError: () => {},
    connectionParams: headers,
    ...options,
  });
  const cut = () => sockets.splice(0).forEach((socket) => socket.terminate());
  return Object.assign(client, { cut });
}

/** Follow a subscription; `take` returns its next event, `ended` tells why it is over. */
export function follow(client, name, variables = {}) {
  const events = new Inbox();
  let end;
  const over = new Promise((resolve) => (end = resolve));
  const failed = over.then((error) => {
    throw new Error(`${name} is over`, { cause: error });
  });
  failed.catch(() => {});
  const next = (data) => events.put(data.caseChanged ?? data.submissionReceived);
  client.subscribe(name, variables, { next, error: end });

  return {
    take: (what) => Promise.race([events.take(what), failed]),
    ended: () => within(over, `the end of ${name}`),

    /** Return all events up to the first that fits. */
    async until(fits, what) {
      const taken = [];
      do taken.push(await this.take(what));
      while (!fits(taken.at(-1)));
      return taken;
    },
  };
}

/**
 * Return once something is followed: send messages until the last of them arrives.
 *
 * The protocol does not tell when a subscription has begun, and one without a cursor leaves out what came before.
 */
export async function begun(followed, send) {
  const ring = { count: 0, heard: false };
  const first = followed.take('the first event').then((event) => {
    ring.heard = true;
    return event;
  });
  while (!ring.heard) {
    ring.count += 1;
    await send(`敲门 ${ring.count}`);
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 300))]);
  }
  const isLast = ({ submission, case: file }) => (submission ?? file).title === `敲门 ${ring.count}`;
  if (!isLast(await first)) await followed.until(isLast, 'the last knock');
}
