/** What the desk does: a message whose case comes first in the list, cases that are joined, and what it follows. */
const { graphql } = require('relay-runtime');

module.exports = {
  submit: graphql`
    mutation DeskSubmitMutation($input: SubmitWebMessageInput!, $connections: [ID!]!) {
      submitWebMessage(input: $input) {
        case @prependNode(connections: $connections, edgeTypeName: "CaseEdge") {
          id
          title
        }
        submission {
          id
        }
        errors {
          code
          field
          message
        }
      }
    }
  `,
  join: graphql`
    mutation DeskJoinMutation($input: JoinCasesInput!) {
      joinCases(input: $input) {
        case {
          ...CaseSubmissions_case
        }
        errors {
          message
        }
      }
    }
  `,
  changes: graphql`
    subscription DeskChangesSubscription($filter: CaseFilter, $after: String) {
      caseChanged(filter: $filter, after: $after) {
        cursor
        kind
        case {
          title
          ...CaseSubmissions_case
        }
      }
    }
  `,
};
