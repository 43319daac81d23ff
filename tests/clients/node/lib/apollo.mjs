/** Apollo Client as a front end sets it up: a normalised cache that knows the schema and joins pages if asked to. */
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { relayStylePagination } from '@apollo/client/utilities';
import { filter, firstValueFrom, from } from 'rxjs';

import { documents } from './documents.mjs';
import { headers } from './headers.mjs';

const PAGES = {
  Query: { fields: { cases: relayStylePagination(['filter', 'orderBy']) } },
  Case: { fields: { submissions: relayStylePagination(['orderBy']) } },
};

/** Return a client; reads go by POST, or by GET if asked for, and subscriptions over `socket`. */
export function open(url, { byGet = false, joins = false, schema, socket } = {}) {
  const kinds = schema.__schema.types.filter(({ possibleTypes }) => possibleTypes);
  const http = new HttpLink({ uri: url, useGETForQueries: byGet, headers });
  const isLive = ({ operationType }) => operationType === 'subscription';
  const client = new ApolloClient({
    link: socket ? ApolloLink.split(isLive, new GraphQLWsLink(socket), http) : http,
    cache: new InMemoryCache({
      possibleTypes: Object.fromEntries(kinds.map((kind) => [kind.name, kind.possibleTypes.map(({ name }) => name)])),
      typePolicies: joins ? PAGES : {},
    }),
  });

  return {
    /** Read from the server, whatever is cached. */
    query: (name, variables) =>
      told(client.query({ query: documents[name], variables, fetchPolicy: 'network-only', errorPolicy: 'all' })),

    mutate: (name, variables) => told(client.mutate({ mutation: documents[name], variables, errorPolicy: 'all' })),

    /** See what is cached now and whenever it changes. */
    watch(name, variables, see) {
      const watched = client.watchQuery({ query: documents[name], variables, fetchPolicy: 'cache-only' });
      watched.subscribe(({ data, dataState }) => dataState === 'complete' && see(data));
    },

    /** Load a list page by page and return it as the cache joins the pages. */
    async scroll(name, variables, pick, turn) {
      const watched = client.watchQuery({ query: documents[name], variables, fetchPolicy: 'cache-and-network' });
      const kept = watched.subscribe(() => {});
      let page = pick((await firstValueFrom(from(watched).pipe(filter(({ loading }) => !loading)))).data);
      for (let next = turn(page.pageInfo); next; next = turn(page.pageInfo)) {
        page = pick((await watched.fetchMore({ variables: next })).data);
      }
      const whole = pick(client.readQuery({ query: documents[name], variables }));
      kept.unsubscribe();
      return whole;
    },

    /** Have a sink told of each event, and of the error that ends them. */
    subscribe(name, variables, sink) {
      const told = client.subscribe({ query: documents[name], variables });
      told.subscribe({ next: ({ data, error }) => (error ? sink.error(error) : sink.next(data)), error: sink.error });
    },
  };
}

/** Return an answer's data and the codes of its errors. */
async function told(asked) {
  const { data, error } = await asked;
  if (error && !CombinedGraphQLErrors.is(error)) throw error;
  const errors = error?.errors ?? [];
  return { data, errors: errors.map(({ message, extensions }) => ({ message, code: extensions?.code })) };
}
