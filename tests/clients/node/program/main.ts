/** A front end's code on the generated types: what is wrong in it must not compile. */
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';

import { useFragment } from './generated';
import {
  CaseChangedDocument,
  CaseFieldsFragmentDoc,
  CasePageDocument,
  CaseStatus,
  ErrorFieldsFragmentDoc,
  PetitionKind,
  SubmissionFieldsFragmentDoc,
  SubmitWebMessageDocument,
  UserErrorCode,
  type CaseFieldsFragment,
  type SubmitWebMessageInput,
} from './generated/graphql';

const url = 'http://127.0.0.1:8000/graphql';
const apollo = new ApolloClient({ link: new HttpLink({ uri: url }), cache: new InMemoryCache() });
const urql = new Client({ url, exchanges: [fetchExchange], preferGetMethod: false });

/** Return the titles of the first cases that have an answer. */
export async function answered(first: number): Promise<string[]> {
  const { data } = await apollo.query({
    query: CasePageDocument,
    variables: { first, filter: { status: { equals: CaseStatus.Answered } } },
  });
  return (data?.cases?.edges ?? []).map(({ node }) => told(useFragment(CaseFieldsFragmentDoc, node)));
}

/** Tell a case in one line. */
function told({ number, title, submissionCount, openedAt }: CaseFieldsFragment): string {
  const opened: string = openedAt;
  const count: number = number + submissionCount;
  return `${count} ${title} ${opened.slice(0, 10)}`;
}

/** Send a message and return its likes, if its platform counts them. */
export async function sent(text: string): Promise<number | null> {
  const receivedAt = '2026-11-24T03:58:15Z';
  const input: SubmitWebMessageInput = { title: text, text, receivedAt, kind: PetitionKind.Appeal };
  const { data, error } = await urql.mutation(SubmitWebMessageDocument, { input }).toPromise();
  const answer = data?.submitWebMessage;
  if (error || !answer) throw error ?? new Error('Nothing came back.');
  const refused = useFragment(ErrorFieldsFragmentDoc, answer.errors);
  if (refused.some(({ code }) => code === UserErrorCode.Rejected)) throw new Error(refused[0]?.message);
  const submission = useFragment(SubmissionFieldsFragmentDoc, answer.submission);
  return submission && 'likes' in submission.details ? (submission.details.likes ?? null) : null;
}

/** Tell each change of the cases that ask for a decision, from a cursor on. */
export function follow(after: string | null, tell: (line: string, cursor: string) => void): void {
  const filter = { kind: { equals: PetitionKind.Appeal } };
  urql.subscription(CaseChangedDocument, { filter, after }).subscribe(({ data }) => {
    if (data) tell(told(useFragment(CaseFieldsFragmentDoc, data.caseChanged.case)), data.caseChanged.cursor);
  });
}

/** What has to be refused: a page size in words, a title that is left out, a status that there is not. */
export const refused = [
  // @ts-expect-error A number is asked for.
  () => urql.query(CasePageDocument, { first: 'three' }),
  // @ts-expect-error Every message has a title.
  (): SubmitWebMessageInput => ({ text: '', receivedAt: '2026-11-24T03:58:15Z' }),
  // @ts-expect-error No case is ever lost.
  () => CaseStatus.Lost,
];
