#include "lookup.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hub.h"
#include "message/field.h"
#include "near.h"
#include "outcome.h"
#include "programme.pb-c.h"
#include "uuid.h"

enum { PAGE_SIZE = 200, SUGGESTIONS = 3, ROLE_NAME_BYTES = 32 };

static void suggest_prisons(const char *code, const Pulih__Enrollment__V1__ListPrisonsResponse *page) {
  const char *codes[PAGE_SIZE], *found[SUGGESTIONS];
  size_t count = page->n_prisons < PAGE_SIZE ? page->n_prisons : PAGE_SIZE;
  for (size_t i = 0; i < count; i++) codes[i] = page->prisons[i]->code;
  size_t found_count = near_find(code, codes, count, found, SUGGESTIONS);
  for (size_t i = 0; i < found_count; i++) fprintf(stderr, "Did you mean %s?\n", found[i]);
}

enum outcome lookup_prison(struct invocation *invocation, const char *code_or_id, const char **ret_id) {
  if (uuid_is_one(code_or_id)) {
    *ret_id = code_or_id;
    return OUTCOME_OK;
  }
  Pulih__Enrollment__V1__ListPrisonsRequest request = PULIH__ENROLLMENT__V1__LIST_PRISONS_REQUEST__INIT;
  request.page_size = PAGE_SIZE;
  do {
    const ProtobufCMessage *message;
    enum outcome outcome =
        hub_call(invocation, "pulih.enrollment.v1.ProgrammeService/ListPrisons", &request.base, &message);
    if (outcome) return outcome;
    const Pulih__Enrollment__V1__ListPrisonsResponse *page = (const void *)message;
    for (size_t i = 0; i < page->n_prisons; i++) {
      if (strcasecmp(page->prisons[i]->code, code_or_id) != 0) continue;
      *ret_id = page->prisons[i]->id;
      return OUTCOME_OK;
    }
    request.page_token = page->next_page_token;
    if (!*request.page_token) suggest_prisons(code_or_id, page);
  } while (*request.page_token);
  return outcome_say(invocation, OUTCOME_NOT_FOUND, "there is no prison %s that you may see", code_or_id);
}

enum outcome lookup_person(struct invocation *invocation, const char *email_or_id,
                           const Pulih__Identity__V1__Person **ret_person) {
  const ProtobufCMessage *message;
  if (uuid_is_one(email_or_id)) {
    Pulih__Identity__V1__GetPersonRequest request = PULIH__IDENTITY__V1__GET_PERSON_REQUEST__INIT;
    request.person_id = (char *)email_or_id;
    enum outcome outcome = hub_call(invocation, "pulih.identity.v1.IdentityService/GetPerson", &request.base, &message);
    if (!outcome) *ret_person = (const Pulih__Identity__V1__Person *)message;
    return outcome;
  }
  Pulih__Identity__V1__ListPeopleRequest request = PULIH__IDENTITY__V1__LIST_PEOPLE_REQUEST__INIT;
  request.text = (char *)email_or_id;
  request.page_size = PAGE_SIZE;
  do {
    enum outcome outcome =
        hub_call(invocation, "pulih.identity.v1.IdentityService/ListPeople", &request.base, &message);
    if (outcome) return outcome;
    const Pulih__Identity__V1__ListPeopleResponse *page = (const void *)message;
    for (size_t i = 0; i < page->n_people; i++) {
      if (strcasecmp(page->people[i]->email, email_or_id) != 0) continue;
      *ret_person = page->people[i];
      return OUTCOME_OK;
    }
    request.page_token = page->next_page_token;
  } while (*request.page_token);
  return outcome_say(invocation, OUTCOME_NOT_FOUND, "nobody has the e-mail address %s", email_or_id);
}

enum outcome lookup_roles(const struct invocation *invocation, const char *text, Pulih__Role roles[ROLES_MAX],
                          size_t *ret_count) {
  *ret_count = 0;
  while (*text) {
    size_t size = strcspn(text, ",");
    char name[ROLE_NAME_BYTES] = "";
    for (size_t i = 0; i < size && i < sizeof name - 1; i++)
      name[i] = (char)(text[i] == '-' ? '_' : toupper((unsigned char)text[i]));
    int role;
    if (enum_by_short_name(&pulih__role__descriptor, name, strlen(name), &role) || *ret_count == ROLES_MAX)
      return outcome_say(invocation, OUTCOME_USAGE,
                         "\"%.*s\" is no role; expected officer, prison-head, counsellor, clinical-supervisor, "
                         "coordinator, admin or auditor",
                         (int)size, text);
    roles[(*ret_count)++] = (Pulih__Role)role;
    text += size + (text[size] == ',');
  }
  return OUTCOME_OK;
}
