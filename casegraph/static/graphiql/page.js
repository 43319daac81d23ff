"use strict";

// Shared links carry the document as ?query=, as GraphQL over HTTP does.
const given = new URLSearchParams(window.location.search);
const here = window.location.pathname + window.location.search;

// What is said here, in the language of whoever looks: the page brings it along (casegraph/graphiql.py).
const words = JSON.parse(document.getElementById("words").textContent);

const WELCOME = `${words.welcome}
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

/** Make an element with its text, attributes and children. */
function element(name, { text = "", ...attributes } = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(text, ...children);
  return made;
}

/** Begin a session by a token; return what was wrong, or nothing. */
async function begin(token) {
  if (!/^[\x21-\x7e]+$/.test(token.trim())) return words.noToken;
  const answer = await fetch("/session", { method: "POST", headers: { authorization: `Bearer ${token.trim()}` } });
  return answer.ok ? undefined : (await answer.json()).errors[0].message;
}

async function signOut() {
  await fetch("/session/logout", { method: "POST" });
  window.location.replace(window.location.pathname);
}

/** Return where subscriptions are answered: at the page's own address, by a WebSocket. */
function socketAddress() {
  const { protocol, host, pathname } = window.location;
  return `${protocol.replace("http", "ws")}//${host}${pathname}`;
}

/** Show who is signed in, and GraphiQL. The session's cookie goes along with each request by itself. */
function showGraphiQL({ name, roles }) {
  const button = element("button", { text: words.signOut, onclick: signOut });
  document.getElementById("who").replaceChildren(element("span", { text: `${name} (${roles.join(", ")})` }), button);
  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: window.location.pathname, subscriptionUrl: socketAddress() }),
      defaultQuery: WELCOME,
      query: given.get("query") ?? undefined,
      variables: given.get("variables") ?? undefined,
      operationName: given.get("operationName") ?? undefined,
      defaultEditorToolsVisibility: true,
    }),
  );
}

/** Offer the ways in which one may sign in here. */
function offer(ways, wrong) {
  const parts = [element("h1", { text: "casegraph" }), element("p", { text: words.heading })];
  if (ways.includes("provider")) {
    const address = `/session/login?next=${encodeURIComponent(here)}`;
    parts.push(element("p", {}, element("a", { text: words.signIn, href: address, className: "button" })));
  }
  if (ways.includes("token")) {
    const field = element("input", { type: "password", placeholder: words.token, ariaLabel: words.token, autocomplete: "off" });
    const form = element("form", {}, field, element("button", { text: words.useToken }));
    form.onsubmit = (event) => {
      event.preventDefault();
      signIn(field.value);
    };
    parts.push(form);
  }
  if (!ways.length) parts.push(element("p", { text: words.nobody }));
  if (wrong) parts.push(element("p", { text: wrong, role: "alert" }));
  document.getElementById("graphiql").replaceChildren(element("section", { className: "signin" }, ...parts));
}

const session = async () => (await fetch("/session")).json();

async function signIn(token) {
  const wrong = await begin(token);
  const { signedIn, ways } = await session();
  if (signedIn && !wrong) showGraphiQL(signedIn);
  else offer(ways, wrong);
}

/** Show what is due. A link may carry a token behind #, which browsers never send; it must not stay in the address. */
async function start() {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) window.history.replaceState(null, "", here);
  const { signedIn, ways } = await session();
  // Where people sign in by a provider, nobody's link may make them somebody else.
  if (token && !ways.includes("provider")) signIn(token);
  else if (signedIn) showGraphiQL(signedIn);
  else offer(ways);
}

start();
