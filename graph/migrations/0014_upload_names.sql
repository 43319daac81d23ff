-- A file's name may hold a number: it stands masked, and in full under the key of its file where masking changed it.
alter table upload add column sealed bytea;
