"""Events in: event -> use case. Who reacts to what is the table at the bottom."""

from admin.usecases.follow_erasure import acknowledged, erase_organization, erase_person
from admin.usecases.keep_customer import keep_membership, keep_organization, keep_person, keep_subscription
from chassis.inbox import Reactions, on
from contracts.billing import SubscriptionCanceledV1, SubscriptionCreatedV1, SubscriptionUpdatedV1
from contracts.erasure import DataErasedV1
from contracts.teams import (
    MemberJoinedV1,
    MemberRemovedV1,
    MemberRoleChangedV1,
    OrganizationCreatedV1,
    OrganizationDeletedV1,
    OrganizationPurgedV1,
    OrganizationReactivatedV1,
    OrganizationRestoredV1,
    OrganizationSuspendedV1,
    OrganizationUpdatedV1,
    UserDeletedV1,
    UserEmailVerifiedV1,
    UserRegisteredV1,
    UserUpdatedV1,
)

REACTIONS = Reactions(
    on(OrganizationCreatedV1, keep_organization),
    on(OrganizationUpdatedV1, keep_organization),
    on(OrganizationDeletedV1, keep_organization),
    on(OrganizationRestoredV1, keep_organization),
    on(OrganizationSuspendedV1, keep_organization),
    on(OrganizationReactivatedV1, keep_organization),
    on(MemberJoinedV1, keep_membership),
    on(MemberRoleChangedV1, keep_membership),
    on(MemberRemovedV1, keep_membership),
    on(UserRegisteredV1, keep_person),
    on(UserEmailVerifiedV1, keep_person),
    on(UserUpdatedV1, keep_person),
    on(OrganizationPurgedV1, erase_organization, snapshot=erase_organization),
    on(UserDeletedV1, erase_person, snapshot=erase_person),
    on(DataErasedV1, acknowledged),
    on(SubscriptionCreatedV1, keep_subscription),
    on(SubscriptionUpdatedV1, keep_subscription),
    on(SubscriptionCanceledV1, keep_subscription),
)
