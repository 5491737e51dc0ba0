// From what people write to ids.
#pragma once

#include "command.h"
#include "identity.pb-c.h"

// A prison by its code ("LP-BWI", in any case) or id. OUTCOME_NOT_FOUND with what exists on stderr.
enum outcome lookup_prison(struct invocation *invocation, const char *code_or_id, const char **ret_id);
// A person by e-mail address or id.
enum outcome lookup_person(struct invocation *invocation, const char *email_or_id,
                           const Pulih__Identity__V1__Person **ret_person);
// "counsellor,officer" into roles. OUTCOME_USAGE when one isn't a role.
enum { ROLES_MAX = 8 };
enum outcome lookup_roles(const struct invocation *invocation, const char *text, Pulih__Role roles[ROLES_MAX],
                          size_t *ret_count);
