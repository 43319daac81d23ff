// PostGraphile over casegraph's tables as one would run it: `node server.mjs DATABASE_URL PORT`.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { addPgTableCondition, jsonPgSmartTags } from "postgraphile/utils";

const [connectionString, port] = process.argv.slice(2);
const HOST = "127.0.0.1";

// The tables do without foreign keys; these tags tell of them.
const to = (column, table, field, back) =>
  `(${column}) references public.${table} (id)|@fieldName ${field}|@foreignFieldName ${back}`;
const tables = {
  submission: [
    to("case_id", "case", "case", "submissions"),
    to("revision", "submission_revision", "latest", "latestOf"),
  ],
  mention: [to("submission", "submission", "submissionBySubmission", "mentions")],
  event: [to("case_id", "case", "case", "events"), to("organ", "organ", "organByOrgan", "events")],
};
const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: Object.fromEntries(
      Object.entries(tables).map(([table, foreignKey]) => [`public.${table}`, { tags: { foreignKey } }]),
    ),
    // These two the database has.
    constraint: {
      "public.case_relation.case_relation_origin_fkey": {
        tags: { fieldName: "originCase", foreignFieldName: "relations" },
      },
      "public.case_relation.case_relation_target_fkey": {
        tags: { fieldName: "targetCase", foreignFieldName: "relationsTo" },
      },
    },
  },
});

// Conditions are equalities; ranges over the same indexes that casegraph uses are added as the documentation shows.
const caseTable = { schemaName: "public", tableName: "case" };
const within = addPgTableCondition(
  caseTable,
  "divisionWithin",
  (build) => ({ type: build.graphql.GraphQLString }),
  (value, { sql, sqlTableAlias, sqlValueWithCodec, build }) => {
    const text = build.dataplanPg.TYPES.text;
    const next = value.slice(0, -1) + String.fromCharCode(value.charCodeAt(value.length - 1) + 1);
    const [from, until] = [value, next].map((one) => sqlValueWithCodec(one, text));
    return sql`${sqlTableAlias}.division >= ${from} and ${sqlTableAlias}.division < ${until}`;
  },
);
const openedUntil = addPgTableCondition(
  caseTable,
  "openedUntil",
  (build) => ({ type: build.graphql.GraphQLString }),
  (value, { sql, sqlTableAlias, sqlValueWithCodec, build }) =>
    sql`${sqlTableAlias}.opened_at < ${sqlValueWithCodec(value, build.dataplanPg.TYPES.timestamptz)}`,
);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags, within, openedUntil],
  pgServices: [makePgService({ connectionString, schemas: ["public"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false, websockets: false },
  grafast: { explain: false },
});

const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(Number(port), HOST, () => console.log("ready"));
