-- Which second factor of its person a sign-in has shown: the instant that factor was turned on, so that one turned off
-- and another one set up later count as not shown. Null: none.
ALTER TABLE sessions ADD COLUMN shown_factor timestamptz;

-- Up to here a sign-in by password of somebody with a second factor always had shown it. Which sign-ins by a provider had
-- is not known: those are asked once, and so are those that the release before opens while this one is rolled out.
UPDATE sessions s SET shown_factor = f.confirmed_at FROM second_factors f
WHERE f.user_id = s.user_id AND f.confirmed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM sso_sessions x WHERE x.session_id = s.id);

-- Whether an organization's demand for a second factor is met by its provider's `amr` only, or by its mere word.
ALTER TABLE sso_settings ADD COLUMN require_mfa_claim boolean NOT NULL DEFAULT false;

-- provider_of_session() stays for the release before, which still asks it; this one reads sso_sessions of the current
-- organization alone, where another's provider says nothing anyway.
