/** urql as a front end sets it up: Graphcache that knows the schema, joins pages if asked to, and never warns. */
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';

import { documents } from './documents.mjs';
import { headers } from './headers.mjs';

/** The types without an id, which are part of what holds them. */
const VALUES = [
  'CaseChange', 'CaseLink', 'ChangePage', 'HotlineDetails', 'LetterDetails', 'Link', 'SubmissionReceipt', 'UserError',
  'VisitDetails', 'WebDetails',
];
const PAGES = { Query: { cases: relayPagination() }, Case: { submissions: relayPagination() } };

/** Return a client; reads go by POST, or by GET if asked for, and subscriptions over `socket`. */
export function open(url, { byGet = false, joins = false, schema, socket } = {}) {
  const named = new Set(schema.__schema.types.map(({ name }) => name));
  const cache = cacheExchange({
    schema,
    keys: Object.fromEntries(VALUES.filter((name) => named.has(name)).map((name) => [name, () => null])),
    resolvers: joins ? PAGES : {},
    logger: (severity, message) => {
      if (severity !== 'debug') throw new Error(`${severity}: ${message}`);
    },
  });
  const live = subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    }),
  });
  const client = new Client({
    url,
    preferGetMethod: byGet && 'force',
    fetchOptions: { headers },
    exchanges: socket ? [cache, fetchExchange, live] : [cache, fetchExchange],
  });

  return {
    /** Read from the server, whatever is cached. */
    query: (name, variables) =>
      told(client.query(documents[name], variables, { requestPolicy: 'network-only' }).toPromise()),

    mutate: (name, variables) => told(client.mutation(documents[name], variables).toPromise()),

    /** See what is cached now and whenever it changes. */
    watch(name, variables, see) {
      const watched = client.query(documents[name], variables, { requestPolicy: 'cache-only' });
      watched.subscribe(({ data }) => data && see(data));
    },

    /** Load a list page by page and return it as the cache joins the pages. */
    async scroll(name, variables, pick, turn) {
      const ask = (more) => client.query(documents[name], { ...variables, ...more }).toPromise();
      const read = async (more) => pick((await ask(more)).data);
      let whole = await read({});
      for (let next = turn(whole.pageInfo); next; next = turn(whole.pageInfo)) whole = await read(next);
      return whole;
    },

    /** Have a sink told of each event, and of the error that ends them. */
    subscribe(name, variables, sink) {
      const told = client.subscription(documents[name], variables);
      told.subscribe(({ data, error }) => (error ? sink.error(error) : sink.next(data)));
    },
  };
}

/** Return an answer's data and the codes of its errors. */
async function told(asked) {
  const { data, error } = await asked;
  if (error?.networkError) throw error.networkError;
  const errors = error?.graphQLErrors ?? [];
  return { data, errors: errors.map(({ message, extensions }) => ({ message, code: extensions?.code })) };
}
