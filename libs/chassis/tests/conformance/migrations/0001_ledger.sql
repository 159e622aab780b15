CREATE TABLE notes (note_id uuid PRIMARY KEY, text text NOT NULL);
CREATE TABLE effects (note_id uuid NOT NULL, text text NOT NULL);
