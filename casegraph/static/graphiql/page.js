"use strict";

// Shared links carry the document as ?query=, as GraphQL over HTTP does.
const given = new URLSearchParams(window.location.search);

const WELCOME = `# Cases opened last, with who is in them and how they were answered.
# Press Ctrl-Enter, or the button above. Ctrl-Space tells what fits.
{
  cases(first: 5) {
    totalCount
    nodes {
      number
      title
      status
      openedAt
      parties(first: 3) { nodes { names } }
      events(first: 3) { nodes { kind at text } }
    }
  }
}
`;

const fetcher = GraphiQL.createFetcher({ url: window.location.pathname });

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: WELCOME,
    query: given.get("query") ?? undefined,
    variables: given.get("variables") ?? undefined,
    operationName: given.get("operationName") ?? undefined,
    defaultEditorToolsVisibility: true,
  }),
);
