/** The documents of the folder, each operation with the fragments it spreads. */
import { readFileSync, readdirSync } from 'node:fs';

import { parse, separateOperations } from 'graphql';

const folder = new URL('../documents/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
const texts = files.map((name) => readFileSync(new URL(name, folder), 'utf8'));

export const documents = separateOperations(parse(texts.join('\n')));
