/** What the desk does: a message whose case comes first in the list, and cases that are joined. */
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
};
