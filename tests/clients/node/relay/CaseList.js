/** The list of cases, which goes on as it is scrolled, and the one that begins at its end. */
const { graphql } = require('relay-runtime');

module.exports = {
  query: graphql`
    query CaseListQuery($count: Int!) {
      ...CaseList_cases @arguments(count: $count)
    }
  `,
  endQuery: graphql`
    query CaseListEndQuery($count: Int!) {
      ...CaseListEnd_cases @arguments(count: $count)
    }
  `,
  cases: graphql`
    fragment CaseList_cases on Query
    @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" }, filter: { type: "CaseFilter" })
    @refetchable(queryName: "CaseListMoreQuery") {
      cases(first: $count, after: $cursor, filter: $filter, orderBy: { field: OPENED_AT })
        @connection(key: "CaseList_cases", filters: ["filter"]) {
        edges {
          node {
            id
            title
            ...CaseSubmissions_case
          }
        }
        totalCount
      }
    }
  `,
  end: graphql`
    fragment CaseListEnd_cases on Query
    @argumentDefinitions(count: { type: "Int!" }, cursor: { type: "String" })
    @refetchable(queryName: "CaseListEndMoreQuery") {
      cases(last: $count, before: $cursor) @connection(key: "CaseListEnd_cases") {
        edges {
          node {
            title
          }
        }
      }
    }
  `,
};
