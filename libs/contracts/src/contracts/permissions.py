"""Every permission and every built-in role: the one matrix that code, OpenAPI, pages and tests read."""

from enum import StrEnum


class Permission(StrEnum):
    """What a member may be allowed to do, as `subject:verb`."""

    ORGANIZATION_READ = "organization:read"
    ORGANIZATION_UPDATE = "organization:update"
    SSO_READ = "sso:read"
    SSO_UPDATE = "sso:update"
    MEMBERS_READ = "members:read"
    MEMBERS_UPDATE_ROLE = "members:update_role"
    MEMBERS_REMOVE = "members:remove"
    INVITATIONS_READ = "invitations:read"
    INVITATIONS_CREATE = "invitations:create"
    INVITATIONS_REVOKE = "invitations:revoke"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_UPDATE = "notifications:update"
    BILLING_READ = "billing:read"
    BILLING_UPDATE = "billing:update"
    ANALYTICS_READ = "analytics:read"
    EVENTS_WRITE = "events:write"
    ROLES_READ = "roles:read"
    ROLES_UPDATE = "roles:update"
    API_KEYS_READ = "api_keys:read"
    API_KEYS_UPDATE = "api_keys:update"
    SERVICE_ACCOUNTS_READ = "service_accounts:read"
    SERVICE_ACCOUNTS_UPDATE = "service_accounts:update"
    AGENT_EVENTS_WRITE = "agent_events:write"
    ACTIVITY_READ = "activity:read"


DESCRIPTIONS: dict[Permission, str] = {
    Permission.ORGANIZATION_READ: "See the organization's name and settings",
    Permission.ORGANIZATION_UPDATE: "Change the organization's name and settings",
    Permission.SSO_READ: "See how single sign-on is set up",
    Permission.SSO_UPDATE: "Set up single sign-on",
    Permission.MEMBERS_READ: "See who belongs to the organization",
    Permission.MEMBERS_UPDATE_ROLE: "Give members another role",
    Permission.MEMBERS_REMOVE: "Remove members",
    Permission.INVITATIONS_READ: "See who was invited",
    Permission.INVITATIONS_CREATE: "Invite people",
    Permission.INVITATIONS_REVOKE: "Take invitations back",
    Permission.NOTIFICATIONS_READ: "Read one's own notifications",
    Permission.NOTIFICATIONS_UPDATE: "Mark one's own notifications and choose which to get",
    Permission.BILLING_READ: "See plan, usage and invoices",
    Permission.BILLING_UPDATE: "Change the plan and how it is paid",
    Permission.ANALYTICS_READ: "See dashboards and reports",
    Permission.EVENTS_WRITE: "Send events and usage",
    Permission.ROLES_READ: "See roles and what they may do",
    Permission.ROLES_UPDATE: "Make, change and delete custom roles",
    Permission.API_KEYS_READ: "See the organization's API keys, never their secrets",
    Permission.API_KEYS_UPDATE: "Make, rotate and revoke API keys",
    Permission.SERVICE_ACCOUNTS_READ: "See service accounts",
    Permission.SERVICE_ACCOUNTS_UPDATE: "Make, change, stop and delete service accounts",
    Permission.ACTIVITY_READ: "Read the organization's activity log",
    Permission.AGENT_EVENTS_WRITE: "Report the runs of agents; service accounts alone may",
}
"""What each allows, as pages and the reference say it."""

SERVICE_ACCOUNT_PERMISSIONS = frozenset({Permission.AGENT_EVENTS_WRITE})
"""What a service account holds by being one. No role of people holds it, so nobody can grant it."""


class Role(StrEnum):
    """The built-in roles, strongest first."""

    OWNER = "owner"
    ADMIN = "admin"
    BILLING_MANAGER = "billing_manager"
    MEMBER = "member"
    VIEWER = "viewer"


_P = Permission
_EVERYONE = frozenset(
    {
        _P.ORGANIZATION_READ,
        _P.MEMBERS_READ,
        _P.NOTIFICATIONS_READ,
        _P.NOTIFICATIONS_UPDATE,
        _P.ANALYTICS_READ,
        _P.ROLES_READ,
    }
)
_MEMBER = _EVERYONE | {_P.EVENTS_WRITE}
_BILLING_MANAGER = _EVERYONE | {_P.BILLING_READ, _P.BILLING_UPDATE}
_ADMIN = _MEMBER | {
    _P.BILLING_READ,
    _P.ORGANIZATION_UPDATE,
    # Not sso:update: whoever names the provider can become anybody in the organization's domains, its owners too.
    _P.SSO_READ,
    _P.MEMBERS_UPDATE_ROLE,
    _P.MEMBERS_REMOVE,
    _P.INVITATIONS_READ,
    _P.INVITATIONS_CREATE,
    _P.INVITATIONS_REVOKE,
    _P.ROLES_UPDATE,
    _P.API_KEYS_READ,
    _P.API_KEYS_UPDATE,
    _P.SERVICE_ACCOUNTS_READ,
    _P.SERVICE_ACCOUNTS_UPDATE,
    _P.ACTIVITY_READ,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(_P) - SERVICE_ACCOUNT_PERMISSIONS,
    Role.ADMIN: _ADMIN,
    Role.BILLING_MANAGER: _BILLING_MANAGER,
    Role.MEMBER: _MEMBER,
    Role.VIEWER: _EVERYONE,
}


class AdminPermission(StrEnum):
    """What a member of our own staff may be allowed to do on the operations platform."""

    CUSTOMERS_READ = "customers:read"
    DEADLETTERS_READ = "deadletters:read"
    DEADLETTERS_REPLAY = "deadletters:replay"
    DEADLETTERS_DISCARD = "deadletters:discard"
    AUDIT_READ = "audit:read"
    STAFF_READ = "staff:read"
    STAFF_UPDATE = "staff:update"


class AdminRole(StrEnum):
    """The built-in roles of our own staff."""

    SUPERADMIN = "superadmin"
    SUPPORT = "support"
    FINANCE = "finance"
    OPERATOR = "operator"
    AUDITOR = "auditor"


_A = AdminPermission

ADMIN_ROLE_PERMISSIONS: dict[AdminRole, frozenset[AdminPermission]] = {
    AdminRole.SUPERADMIN: frozenset(_A),
    AdminRole.SUPPORT: frozenset({_A.CUSTOMERS_READ}),
    AdminRole.FINANCE: frozenset({_A.CUSTOMERS_READ}),
    AdminRole.OPERATOR: frozenset({_A.DEADLETTERS_READ, _A.DEADLETTERS_REPLAY, _A.DEADLETTERS_DISCARD}),
    AdminRole.AUDITOR: frozenset({_A.CUSTOMERS_READ, _A.DEADLETTERS_READ, _A.AUDIT_READ, _A.STAFF_READ}),
}


def admin_permissions_of(role: str) -> frozenset[AdminPermission]:
    """The permissions of a built-in role of our own staff; ValueError for any other name."""
    return ADMIN_ROLE_PERMISSIONS[AdminRole(role)]


def permissions_of(role: str) -> frozenset[Permission]:
    """The permissions of a built-in role; ValueError for any other name."""
    return ROLE_PERMISSIONS[Role(role)]
