// UpdateTemplate: the example that its fields are checked against → each text fits → both languages are written at
// once.
#include "db/db.h"
#include "notifications_internal.pb-c.h"
#include "notifications_methods.h"
#include "wording.h"

typedef Pulih__Notifications__V1__UpdateTemplateRequest UpdateTemplateRequest;
typedef Pulih__Notifications__V1__TemplateText TemplateText;

static void update_template_written(struct call *call, struct db_result *result) {
  const ProtobufCMessage *template = call_one_row(call, result);
  if (template) call_reply(call, template);
}

static bool both_fit(struct call *call, const UpdateTemplateRequest *request, const json_t *example) {
  static const TemplateText nothing = PULIH__NOTIFICATIONS__V1__TEMPLATE_TEXT__INIT;
  const TemplateText *indonesian = request->indonesian ? request->indonesian : &nothing;
  const TemplateText *english = request->english ? request->english : &nothing;
  return wording_fits(call, "indonesian.subject", indonesian->subject, true, example) &&
         wording_fits(call, "indonesian.body", indonesian->body, false, example) &&
         wording_fits(call, "english.subject", english->subject, true, example) &&
         wording_fits(call, "english.body", english->body, false, example);
}

static void update_template_found(struct call *call, struct db_result *result) {
  const Pulih__Notifications__Internal__V1__TemplateToCheck *found = call_one_row(call, result);
  if (!found) return;
  json_t *example = json_loads(found->example, 0, NULL);
  bool fit = both_fit(call, (const UpdateTemplateRequest *)call->request, example);
  json_decref(example);
  if (fit) {
    call_query(call, &notifications_write_template_statement, call->request, update_template_written);
  } else {
    call_fail(call);
  }
}

void notifications_update_template(struct call *call) {
  // Of the call's arena: the statement may have to wait for its turn.
  Pulih__Notifications__Internal__V1__TemplateKey *key =
      ARENA_NEW(&call->arena, Pulih__Notifications__Internal__V1__TemplateKey);
  if (!key) {
    call_fail_with(call, REASON_TOO_BUSY);
    return;
  }
  pulih__notifications__internal__v1__template_key__init(key);
  key->key = ((const UpdateTemplateRequest *)call->request)->key;
  call_query(call, &notifications_find_template_statement, &key->base, update_template_found);
}
