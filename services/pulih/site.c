// pulih site add, list, revoke, key: the CURVE keys that may connect.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "confirm.h"
#include "families.h"
#include "hub.h"
#include "lookup.h"
#include "message/field.h"
#include "message/time.h"
#include "outcome.h"
#include "output.h"
#include "uuid.h"
#include "zmq/keys.h"

#define IDENTITY "pulih.identity.v1.IdentityService/"
typedef Pulih__Identity__V1__Key site_key;

static enum outcome make_key(const struct invocation *invocation, const char *path, struct mq_key_pair *pair) {
  int error = mq_key_pair_generate(pair);
  if (!error) error = mq_key_write(path, pair->secret_key);
  if (error == -EEXIST)
    return outcome_say(invocation, OUTCOME_CONFLICT, "%s exists; a key is never written over", path);
  if (error) return outcome_say(invocation, OUTCOME_FAILED, "can't write %s: %s", path, strerror(-error));
  fprintf(stderr, "The secret key is in %s, for its owner alone.\n", path);
  return OUTCOME_OK;
}

enum outcome site_key_run(struct invocation *invocation) {
  struct mq_key_pair pair;
  enum outcome outcome = make_key(invocation, invocation->words[0], &pair);
  if (!outcome) puts(pair.public_key);
  return outcome;
}

enum { ADD_PRISON, ADD_KIND, ADD_PUBLIC_KEY, ADD_KEY_FILE, ADD_VALID_UNTIL };
const struct option site_add_options[] = {
    [ADD_PRISON] = {"--prison", "CODE|ID", "whose site it is"},
    [ADD_KIND] = {"--kind", "KIND", "site, gateway or operator (default site)"},
    [ADD_PUBLIC_KEY] = {"--public-key", "KEY", "of a pair that was made at the site (pulih site key)"},
    [ADD_KEY_FILE] = {"--key-file", "FILE", "where to put the secret key of a pair made here (default NAME.key)"},
    [ADD_VALID_UNTIL] = {"--valid-until", "TIME", "RFC 3339, \"2027-01-01T00:00:00+07:00\" (default: no end)"},
    {0},
};

static enum outcome send_key(struct invocation *invocation, const char *public_key, const char *prison_id, int kind) {
  Pulih__Identity__V1__AddKeyRequest request = PULIH__IDENTITY__V1__ADD_KEY_REQUEST__INIT;
  Google__Protobuf__Timestamp valid_until = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
  const ProtobufCMessage *message;
  const char *until = invocation->options[ADD_VALID_UNTIL];
  char id[UUID_TEXT];
  uuid_make(id);
  request.id = id;
  request.name = (char *)invocation->words[0];
  request.kind = (Pulih__Identity__V1__KeyKind)kind;
  request.public_key = (char *)public_key;
  request.prison_id = (char *)prison_id;
  if (until && timestamp_parse(until, &valid_until))
    return outcome_say(invocation, OUTCOME_USAGE, "--valid-until %s: expected a time such as 2027-01-01T00:00:00Z",
                       until);
  if (until) request.valid_until = &valid_until;
  enum outcome outcome = hub_call(invocation, IDENTITY "AddKey", &request.base, &message);
  if (outcome) return outcome;
  if (invocation->json) return output_message(message);
  puts(((const site_key *)message)->public_key);
  return OUTCOME_OK;
}

static enum outcome read_kind(const struct invocation *invocation, const char *text, int *ret_kind) {
  const ProtobufCEnumDescriptor *kinds = &pulih__identity__v1__key_kind__descriptor;
  for (unsigned i = 1; i < kinds->n_values; i++) {
    const char *name = enum_short_name(kinds, kinds->values[i].value);
    if (!name || strcasecmp(name, text) != 0) continue;
    *ret_kind = kinds->values[i].value;
    return OUTCOME_OK;
  }
  return outcome_say(invocation, OUTCOME_USAGE, "--kind %s: expected site, gateway or operator", text);
}

enum outcome site_add_run(struct invocation *invocation) {
  const char *const *options = invocation->options;
  const char *prison_id = "", *public_key = options[ADD_PUBLIC_KEY], *path = options[ADD_KEY_FILE];
  int kind = 0;
  struct mq_key_pair pair;
  if (public_key && path)
    return outcome_say(invocation, OUTCOME_USAGE, "with --public-key there is no secret key here");
  enum outcome outcome = read_kind(invocation, options[ADD_KIND] ? options[ADD_KIND] : "site", &kind);
  if (!outcome && options[ADD_PRISON]) outcome = lookup_prison(invocation, options[ADD_PRISON], &prison_id);
  if (outcome || public_key) return outcome ? outcome : send_key(invocation, public_key, prison_id, kind);
  if (!path) path = arena_printf(&invocation->arena, "%s.key", invocation->words[0]);
  outcome = make_key(invocation, path, &pair);
  if (outcome) return outcome;
  outcome = send_key(invocation, pair.public_key, prison_id, kind);
  // After an unknown outcome the key may be known to the hub: it stays.
  if (outcome && outcome != OUTCOME_TRY_AGAIN) {
    unlink(path);
    fprintf(stderr, "Removed %s: the key isn't known.\n", path);
  } else if (outcome) {
    fprintf(stderr, "Try again with --public-key '%s'.\n", pair.public_key);
  }
  return outcome;
}

// Every page of keys, each to `each` until it says stop.
static enum outcome for_each_key(struct invocation *invocation, const char *prison_id,
                                 bool (*each)(void *owner, const site_key *key), void *owner) {
  Pulih__Identity__V1__ListSiteKeysRequest request = PULIH__IDENTITY__V1__LIST_SITE_KEYS_REQUEST__INIT;
  request.prison_id = (char *)prison_id;
  do {
    const ProtobufCMessage *message;
    enum outcome outcome = hub_call(invocation, IDENTITY "ListSiteKeys", &request.base, &message);
    if (outcome) return outcome;
    const Pulih__Identity__V1__ListSiteKeysResponse *page = (const void *)message;
    for (size_t i = 0; i < page->n_keys; i++)
      if (!each(owner, page->keys[i])) return OUTCOME_OK;
    request.page_token = page->next_page_token;
  } while (*request.page_token);
  return OUTCOME_OK;
}

enum { LIST_PRISON };
const struct option site_list_options[] = {
    [LIST_PRISON] = {"--prison", "CODE|ID", "only of this prison"},
    {0},
};

static bool list_json(void *owner, const site_key *key) {
  (void)owner;
  return !output_json(&key->base, stdout, false);
}

static bool list_row(void *owner, const site_key *key) {
  struct table *table = owner;
  char until[CLOCK_TEXT_MAX] = "";
  if (key->valid_until) timestamp_format(key->valid_until, until);
  table_row(table, key->name, enum_short_name(&pulih__identity__v1__key_kind__descriptor, (int)key->kind),
            key->revoked ? "revoked"
            : *until     ? arena_printf(table->arena, "until %s", until)
                         : "valid",
            key->public_key, key->prison_id);
  return true;
}

enum outcome site_list_run(struct invocation *invocation) {
  const char *prison_id = "";
  struct table table;
  enum outcome outcome = OUTCOME_OK;
  if (invocation->options[LIST_PRISON])
    outcome = lookup_prison(invocation, invocation->options[LIST_PRISON], &prison_id);
  if (outcome) return outcome;
  if (invocation->json) return for_each_key(invocation, prison_id, list_json, NULL);
  table_init(&table, &invocation->arena, 5);
  table_row(&table, "NAME", "KIND", "STATUS", "PUBLIC KEY", "PRISON");
  outcome = for_each_key(invocation, prison_id, list_row, &table);
  if (!outcome) table_print(&table, stdout);
  return outcome;
}

enum { REVOKE_YES, REVOKE_DRY_RUN };
const struct option site_revoke_options[] = {
    [REVOKE_YES] = {"--yes", NULL, "don't ask"},
    [REVOKE_DRY_RUN] = {"--dry-run", NULL, "only say which key it would be"},
    {0},
};

struct wanted_key {
  const char *name_or_id;
  const site_key *key;
};

static bool is_not_wanted(void *owner, const site_key *key) {
  struct wanted_key *wanted = owner;
  if (strcmp(key->name, wanted->name_or_id) != 0 && strcmp(key->id, wanted->name_or_id) != 0) return true;
  wanted->key = key;
  return false;
}

enum outcome site_revoke_run(struct invocation *invocation) {
  Pulih__Identity__V1__RevokeKeyRequest request = PULIH__IDENTITY__V1__REVOKE_KEY_REQUEST__INIT;
  struct wanted_key wanted = {.name_or_id = invocation->words[0]};
  const ProtobufCMessage *message;
  enum outcome outcome = for_each_key(invocation, "", is_not_wanted, &wanted);
  if (outcome) return outcome;
  if (!wanted.key) return outcome_say(invocation, OUTCOME_NOT_FOUND, "no key is called %s", wanted.name_or_id);
  if (invocation->options[REVOKE_DRY_RUN]) return output_message(&wanted.key->base);
  char *question = arena_printf(&invocation->arena, "End the key %s at once and for ever?", wanted.key->name);
  if (!invocation->options[REVOKE_YES]) outcome = confirm(invocation, question);
  if (outcome) return outcome;
  request.key_id = wanted.key->id;
  outcome = hub_call(invocation, IDENTITY "RevokeKey", &request.base, &message);
  if (outcome) return outcome;
  if (invocation->json) return output_message(message);
  fprintf(stderr, "%s is revoked.\n", wanted.key->name);
  return OUTCOME_OK;
}
