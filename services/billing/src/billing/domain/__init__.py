"""Pure decisions: plans, what a subscription is worth, which observation of it wins, signatures."""
