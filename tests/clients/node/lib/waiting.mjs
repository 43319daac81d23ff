/** Waits for what comes from outside, and tells what never came. */
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE = 20_000;

/** Return what a promise brings; fail, saying what for, where it brings nothing. */
export async function within(promise, what) {
  const given = new AbortController();
  const never = delay(PATIENCE, null, { signal: given.signal }).then(() => {
    throw new Error(`${what} never came`);
  });
  try {
    return await Promise.race([promise, never]);
  } finally {
    given.abort();
    never.catch(() => {});
  }
}

/** What is put in from one side and taken out, in its order, from the other. */
export class Inbox {
  #kept = [];
  #waiting = [];

  put(value) {
    const taker = this.#waiting.shift();
    if (taker) taker(value);
    else this.#kept.push(value);
  }

  /** Return the next value as soon as there is one. */
  take(what) {
    if (this.#kept.length) return Promise.resolve(this.#kept.shift());
    return within(new Promise((resolve) => this.#waiting.push(resolve)), what);
  }
}
