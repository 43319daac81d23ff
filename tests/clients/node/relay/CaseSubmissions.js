/** What is filed in a case, a list within the list; it is refetched by the case's id. */
const { graphql } = require('relay-runtime');

module.exports = graphql`
  fragment CaseSubmissions_case on Case
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "CaseSubmissionsMoreQuery") {
    submissions(first: $count, after: $cursor, orderBy: ASCENDING) @connection(key: "CaseSubmissions_submissions") {
      edges {
        node {
          id
          title
          details {
            ... on WebDetails {
              platform
            }
          }
        }
      }
      totalCount
    }
  }
`;
