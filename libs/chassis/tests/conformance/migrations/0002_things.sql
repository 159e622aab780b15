CREATE TABLE things (thing_id uuid PRIMARY KEY, version bigint NOT NULL, text text NOT NULL, gone boolean NOT NULL);
CREATE TABLE witness_things (thing_id uuid PRIMARY KEY, sequence bigint NOT NULL, text text NOT NULL, gone boolean NOT NULL);
CREATE TABLE late_things (LIKE witness_things INCLUDING ALL);
CREATE TABLE told (consumer text NOT NULL, event_id uuid NOT NULL);
