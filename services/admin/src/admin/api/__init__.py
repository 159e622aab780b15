"""HTTP in: parse, use case, answer."""

from admin.api import audit, auth, customers, deadletters, erasures, keys, staff

ROUTES = (auth.ROUTES, keys.ROUTES, customers.ROUTES, erasures.ROUTES, deadletters.ROUTES, audit.ROUTES, staff.ROUTES)
