/** The audits of GraphQL over HTTP, as their authors publish them. */
import { serverAudits } from 'graphql-http';

import { headers } from '../lib/headers.mjs';

const COUNT = 61;
const [, , url] = process.argv;

const results = [];
const signedIn = (address, options = {}) => fetch(address, { ...options, headers: { ...options.headers, ...headers } });
for (const audit of serverAudits({ url, fetchFn: signedIn })) results.push(await audit.fn());
const failed = results.filter(({ status }) => status !== 'ok');
for (const { id, status, name, reason } of failed) console.log(`${id} ${status}: ${name}\n    ${reason}`);
if (results.length !== COUNT) console.log(`${results.length} audits were run instead of ${COUNT}`);
process.exit(failed.length || results.length !== COUNT ? 1 : 0);
