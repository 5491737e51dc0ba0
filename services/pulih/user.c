// pulih user add, list, role, disable, password.
#include <string.h>

#include "confirm.h"
#include "families.h"
#include "file.h"
#include "hub.h"
#include "lookup.h"
#include "message/field.h"
#include "outcome.h"
#include "output.h"
#include "sign_in.pb-c.h"
#include "uuid.h"

#define IDENTITY "pulih.identity.v1.IdentityService/"
typedef Pulih__Identity__V1__Person person;

enum { ADD_ROLE, ADD_PRISON, ADD_PHONE, ADD_LANGUAGE, ADD_ID };
const struct option user_add_options[] = {
    [ADD_ROLE] = {"--role", "ROLE,…",
                  "officer, prison-head, counsellor, clinical-supervisor, coordinator, admin, auditor"},
    [ADD_PRISON] = {"--prison", "CODE|ID", "the prison they work in; not for foundation staff"},
    [ADD_PHONE] = {"--phone", "NUMBER", "as dialled"},
    [ADD_LANGUAGE] = {"--language", "id|en", "for messages (default id)"},
    [ADD_ID] = {"--id", "UUID", "their id, to make a repetition harmless"},
    {0},
};

static const char *roles_text(const person *someone, struct arena *arena) {
  char *text = "";
  for (size_t i = 0; i < someone->n_roles && text; i++)
    text = arena_printf(arena, "%s%s%s", text, i ? ", " : "",
                        enum_short_name(&pulih__role__descriptor, (int)someone->roles[i]));
  return text;
}

static enum outcome show_person(struct invocation *invocation, const ProtobufCMessage *message) {
  const person *someone = (const person *)message;
  if (invocation->json) return output_message(message);
  puts(someone->id);
  fprintf(stderr, "%s <%s>: %s%s\n", someone->name, someone->email, roles_text(someone, &invocation->arena),
          someone->status == PULIH__IDENTITY__V1__PERSON_STATUS__PERSON_STATUS_DISABLED ? " (disabled)" : "");
  return OUTCOME_OK;
}

enum outcome user_add_run(struct invocation *invocation) {
  const char *const *options = invocation->options;
  Pulih__Identity__V1__CreatePersonRequest request = PULIH__IDENTITY__V1__CREATE_PERSON_REQUEST__INIT;
  const ProtobufCMessage *message;
  Pulih__Role roles[ROLES_MAX];
  char id[UUID_TEXT];
  const char *prison_id = "";
  uuid_make(id);
  enum outcome outcome = lookup_roles(invocation, options[ADD_ROLE] ? options[ADD_ROLE] : "", roles, &request.n_roles);
  if (!outcome && options[ADD_PRISON]) outcome = lookup_prison(invocation, options[ADD_PRISON], &prison_id);
  if (outcome) return outcome;
  request.id = options[ADD_ID] ? (char *)options[ADD_ID] : id;
  request.name = (char *)invocation->words[0];
  request.email = (char *)invocation->words[1];
  request.prison_id = (char *)prison_id;
  request.roles = roles;
  if (options[ADD_PHONE]) request.phone = (char *)options[ADD_PHONE];
  if (options[ADD_LANGUAGE]) request.language = (char *)options[ADD_LANGUAGE];
  outcome = hub_call(invocation, IDENTITY "CreatePerson", &request.base, &message);
  return outcome ? outcome : show_person(invocation, message);
}

enum { LIST_PRISON, LIST_ROLE, LIST_TEXT };
const struct option user_list_options[] = {
    [LIST_PRISON] = {"--prison", "CODE|ID", "only of this prison"},
    [LIST_ROLE] = {"--role", "ROLE", "only who has this role"},
    [LIST_TEXT] = {"--text", "TEXT", "only who has this in their name or address"},
    {0},
};

enum outcome user_list_run(struct invocation *invocation) {
  const char *const *options = invocation->options;
  Pulih__Identity__V1__ListPeopleRequest request = PULIH__IDENTITY__V1__LIST_PEOPLE_REQUEST__INIT;
  Pulih__Role roles[ROLES_MAX];
  const char *prison_id = "";
  size_t role_count = 0;
  enum outcome outcome = OUTCOME_OK;
  if (options[LIST_ROLE]) outcome = lookup_roles(invocation, options[LIST_ROLE], roles, &role_count);
  if (role_count > 1) return outcome_say(invocation, OUTCOME_USAGE, "--role: one at a time");
  if (!outcome && options[LIST_PRISON]) outcome = lookup_prison(invocation, options[LIST_PRISON], &prison_id);
  request.prison_id = (char *)prison_id;
  if (role_count) request.role = roles[0];
  if (options[LIST_TEXT]) request.text = (char *)options[LIST_TEXT];
  struct table table;
  table_init(&table, &invocation->arena, 5);
  table_row(&table, "NAME", "E-MAIL", "ROLES", "STATUS", "ID");
  while (!outcome) {
    const ProtobufCMessage *message;
    outcome = hub_call(invocation, IDENTITY "ListPeople", &request.base, &message);
    if (outcome) return outcome;
    const Pulih__Identity__V1__ListPeopleResponse *page = (const void *)message;
    for (size_t i = 0; i < page->n_people; i++) {
      const person *someone = page->people[i];
      if (invocation->json) output_json(&someone->base, stdout, false);
      table_row(&table, someone->name, someone->email, roles_text(someone, &invocation->arena),
                enum_short_name(&pulih__identity__v1__person_status__descriptor, (int)someone->status), someone->id);
    }
    request.page_token = page->next_page_token;
    if (!*request.page_token) break;
  }
  if (!outcome && !invocation->json) table_print(&table, stdout);
  return outcome;
}

enum { ROLE_GRANT, ROLE_REVOKE };
const struct option user_role_options[] = {
    [ROLE_GRANT] = {"--grant", "ROLE,…", "roles to give"},
    [ROLE_REVOKE] = {"--revoke", "ROLE,…", "roles to take"},
    {0},
};

// GrantRole and RevokeRole have requests of the same shape.
static enum outcome change_roles(struct invocation *invocation, const char *text, const char *method, char *person_id,
                                 const ProtobufCMessage **ret_person) {
  Pulih__Role roles[ROLES_MAX];
  size_t count;
  enum outcome outcome = lookup_roles(invocation, text ? text : "", roles, &count);
  for (size_t i = 0; i < count && !outcome; i++) {
    Pulih__Identity__V1__GrantRoleRequest grant = PULIH__IDENTITY__V1__GRANT_ROLE_REQUEST__INIT;
    Pulih__Identity__V1__RevokeRoleRequest revoke = PULIH__IDENTITY__V1__REVOKE_ROLE_REQUEST__INIT;
    grant.person_id = revoke.person_id = person_id;
    grant.role = revoke.role = roles[i];
    bool granting = !strcmp(method, IDENTITY "GrantRole");
    outcome = hub_call(invocation, method, granting ? &grant.base : &revoke.base, ret_person);
  }
  return outcome;
}

enum outcome user_role_run(struct invocation *invocation) {
  const char *grant = invocation->options[ROLE_GRANT], *revoke = invocation->options[ROLE_REVOKE];
  const person *someone;
  if (!grant && !revoke) return outcome_say(invocation, OUTCOME_USAGE, "say --grant ROLE or --revoke ROLE");
  enum outcome outcome = lookup_person(invocation, invocation->words[0], &someone);
  if (outcome) return outcome;
  const ProtobufCMessage *message = &someone->base;
  outcome = change_roles(invocation, revoke, IDENTITY "RevokeRole", someone->id, &message);
  if (!outcome) outcome = change_roles(invocation, grant, IDENTITY "GrantRole", someone->id, &message);
  return outcome ? outcome : show_person(invocation, message);
}

enum { DISABLE_YES, DISABLE_DRY_RUN };
const struct option user_disable_options[] = {
    [DISABLE_YES] = {"--yes", NULL, "don't ask"},
    [DISABLE_DRY_RUN] = {"--dry-run", NULL, "only say who it would be"},
    {0},
};

enum outcome user_disable_run(struct invocation *invocation) {
  Pulih__Identity__V1__DisablePersonRequest request = PULIH__IDENTITY__V1__DISABLE_PERSON_REQUEST__INIT;
  const person *someone;
  const ProtobufCMessage *message;
  enum outcome outcome = lookup_person(invocation, invocation->words[0], &someone);
  if (outcome) return outcome;
  if (invocation->options[DISABLE_DRY_RUN]) return show_person(invocation, &someone->base);
  char *question = arena_printf(&invocation->arena, "End all sign-ins of %s <%s> and let them sign in no more?",
                                someone->name, someone->email);
  if (!invocation->options[DISABLE_YES]) outcome = confirm(invocation, question);
  if (outcome) return outcome;
  request.person_id = someone->id;
  outcome = hub_call(invocation, IDENTITY "DisablePerson", &request.base, &message);
  return outcome ? outcome : show_person(invocation, message);
}

enum { PASSWORD_FILE };
const struct option user_password_options[] = {
    [PASSWORD_FILE] = {"--password-file", "FILE",
                       "file with it in the first line; - is stdin (default: have one made, and print it)"},
    {0},
};

enum outcome user_password_run(struct invocation *invocation) {
  const char *path = invocation->options[PASSWORD_FILE], *password = "";
  const person *someone;
  const ProtobufCMessage *message;
  int error = path ? file_read_secret(path, &invocation->arena, &password) : 0;
  if (error) return outcome_say(invocation, OUTCOME_USAGE, "no password in %s: %s", path, strerror(-error));
  enum outcome outcome = lookup_person(invocation, invocation->words[0], &someone);
  if (outcome) return outcome;
  Pulih__Identity__V1__SetPasswordRequest set = PULIH__IDENTITY__V1__SET_PASSWORD_REQUEST__INIT;
  Pulih__Identity__V1__ResetPasswordRequest reset = PULIH__IDENTITY__V1__RESET_PASSWORD_REQUEST__INIT;
  set.person_id = reset.person_id = someone->id;
  set.password = (char *)password;
  outcome = path ? hub_call(invocation, IDENTITY "SetPassword", &set.base, &message)
                 : hub_call(invocation, "pulih.identity.v1.SignInService/ResetPassword", &reset.base, &message);
  if (outcome) return outcome;
  if (!path) puts(((const Pulih__Identity__V1__ResetPasswordResponse *)message)->one_time_password);
  fprintf(stderr, "%s can sign in with it once, within a %s, and then chooses their own.\n", someone->name,
          path ? "week" : "day");
  return OUTCOME_OK;
}
