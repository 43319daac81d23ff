-- How sure the recognition of a text was that was read from a picture; null where the text is the source's own.
alter table submission_revision add column confidence double precision;
alter table document add column confidence double precision;
grant select (confidence) on submission_revision, document to casegraph_reader;
