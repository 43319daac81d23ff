/**
 * A real OpenID provider for the tests: `node provider.mjs`.
 *
 * Tells its issuer as the first line. Whoever logs in as a name gets the claims that were put under it.
 * POST /test/people puts claims, /test/rotate gives it a new key and keeps the old one published or not, /test/sign
 * signs whatever is sent, and /test/counts tells how often each address was asked.
 */
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const people = new Map();
const AUDIENCE = 'https://casegraph.example';
const KINDS = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
};
const CLIENT = 'casegraph-browser';

/** Make a key pair for signatures. */
function key(algorithm) {
  const [kind, options] = KINDS[algorithm];
  const made = generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' });
  return { ...made, kid: crypto.randomUUID(), alg: algorithm, use: 'sig' };
}

let keys = [key('RS256')];
let provider;
const server = createServer((request, response) => answer(request, response));
await new Promise((resolve) => server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

/** Begin anew with the keys that there are; what was signed in is forgotten. */
function begin() {
  provider = new Provider(issuer, {
    jwks: { keys },
    cookies: { keys: ['a secret of the tests'] },
    clients: [
      {
        client_id: CLIENT,
        client_secret: 'a:secret of/the tests',
        redirect_uris: (process.env.REDIRECTS ?? 'http://127.0.0.1:8000/session/callback').split(' '),
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
      {
        client_id: 'partner',
        client_secret: 'partner-secret',
        redirect_uris: [],
        grant_types: ['client_credentials'],
        response_types: [],
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub', 'casegraph'], profile: ['name'], phone: ['phone_number'] },
    conformIdTokenClaims: false,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
    extraTokenClaims: (_, token) => people.get(token.accountId ?? token.clientId),
    ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, Interaction: 600, Grant: 600, Session: 600 },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, audience) => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: keys[0].alg } },
        }),
      },
    },
  });
}

/** Read a request's JSON. */
async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString() || '{}');
}

/** Sign anything by the newest RSA key, as a provider with a bug would. */
function signed({ header, claims }) {
  const jwk = keys.find(({ kty }) => kty === 'RSA');
  const encode = (part) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'RS256', typ: 'at+jwt', kid: jwk.kid, ...header })}.${encode(claims)}`;
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

const counts = {};

async function answer(request, response) {
  const { pathname } = new URL(request.url, issuer);
  counts[pathname] = (counts[pathname] ?? 0) + 1;
  if (pathname === '/test/people') {
    for (const [name, claims] of Object.entries(await body(request))) people.set(name, claims);
  } else if (pathname === '/test/rotate') {
    const { algorithm = 'RS256', keep = true } = await body(request);
    keys = [key(algorithm), ...(keep ? keys : [])];
    begin();
  } else if (pathname === '/test/sign') {
    response.end(JSON.stringify({ token: signed(await body(request)) }));
    return;
  } else if (pathname === '/test/counts') {
    response.end(JSON.stringify(counts));
    return;
  } else {
    provider.callback()(request, response);
    return;
  }
  response.end('{}');
}

begin();
console.log(issuer);
