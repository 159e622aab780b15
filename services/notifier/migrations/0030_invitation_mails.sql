-- A mail for an invitation that is over is not sent any more, whichever of the two arrived first.
ALTER TABLE deliveries ADD COLUMN invitation_id uuid;
CREATE INDEX deliveries_of_invitation ON deliveries (invitation_id) WHERE state = 'pending' AND invitation_id IS NOT NULL;

CREATE TABLE ended_invitations (
    invitation_id uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL
);
CREATE INDEX ended_invitations_old ON ended_invitations (ended_at);
REVOKE ALL ON ended_invitations FROM notifier_api;
