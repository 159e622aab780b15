-- When and by whom a membership's present version was made, so that a snapshot can state it as its event did.
ALTER TABLE memberships ADD COLUMN changed_at timestamptz, ADD COLUMN changed_by uuid;
-- Of older rows only the instant is known; who changed them is not, and the person stands in.
UPDATE memberships SET changed_at = greatest(joined_at, tokens_not_before), changed_by = user_id;
ALTER TABLE memberships ALTER COLUMN changed_at SET NOT NULL, ALTER COLUMN changed_by SET NOT NULL;
