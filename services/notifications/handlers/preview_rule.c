// PreviewRule: the statement finds what it can be shown with and who would get it, the templates' own code writes the
// text.
#include "db/db.h"
#include "notifications_internal.pb-c.h"
#include "notifications_methods.h"
#include "wording.h"
#include "words.h"

typedef Pulih__Notifications__V1__PreviewRuleRequest PreviewRuleRequest;
typedef Pulih__Notifications__Internal__V1__PreviewedRule PreviewedRule;

static bool unsaved_words_fit(struct call *call, const PreviewedRule *found) {
  json_t *example = json_loads(found->example, 0, NULL);
  bool fit = wording_fits(call, "subject", found->subject, true, example) &&
             wording_fits(call, "body", found->body, false, example);
  json_decref(example);
  return fit;
}

static void reply(struct call *call, const PreviewedRule *found, const struct words *words) {
  Pulih__Notifications__V1__PreviewRuleResponse response = PULIH__NOTIFICATIONS__V1__PREVIEW_RULE_RESPONSE__INIT;
  response.subject = words->subject;
  response.body = words->body;
  response.is_example = found->is_example;
  response.subject_id = found->subject_id;
  response.prison_id = found->prison_id;
  response.recipients = found->recipients;
  response.n_recipients = found->n_recipients;
  response.recipient_count = found->recipient_count;
  call_reply(call, &response.base);
}

static void preview_rule_found(struct call *call, struct db_result *result) {
  const PreviewedRule *found = call_one_row(call, result);
  if (!found) return;
  if (!unsaved_words_fit(call, found)) {
    call_fail(call);
    return;
  }
  struct words words = {0};
  char problem[WORDS_PROBLEM_SIZE];
  json_t *fields = json_loads(found->fields, 0, NULL);
  int error = words_fill(&words, found->subject, found->body, fields, problem);
  json_decref(fields);
  if (error) {
    // They fit the example, so they are only too long with what is there.
    call_fail_with(call, REASON_TEMPLATE_TEXT_TOO_LONG);
  } else {
    reply(call, found, &words);
  }
  words_finish(&words);
}

void notifications_preview_rule(struct call *call) {
  call_query(call, &notifications_preview_rule_statement, call->request, preview_rule_found);
}
