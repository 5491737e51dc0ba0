#include "wording.h"

#include "words.h"

// "day, time, rows": the names that stand in the example, outermost only, the rest is seen there.
static const char *names_of(struct call *call, const json_t *example) {
  const char *names = NULL, *name;
  json_t *value;
  json_object_foreach((json_t *)example, name, value) {
    names = names ? arena_printf(&call->arena, "%s, %s", names, name) : name;
    if (!names) break;
  }
  return names ? names : "";
}

bool wording_fits(struct call *call, const char *path, const char *text, bool is_subject, const json_t *example) {
  struct words_flaw flaw;
  struct status *status = &call->status;
  status->reason = words_check(text, is_subject, example, &flaw);
  if (!status->reason) return true;
  const char *line = arena_printf(&call->arena, "%zu", flaw.line);
  status_add_detail(status, &call->arena, "line", line ? line : "?");
  status_add_detail(status, &call->arena, "name", flaw.name);
  status_add_detail(status, &call->arena, "fields", names_of(call, example));
  status_add_detail(status, &call->arena, "limit", is_subject ? "200" : "20000");
  const char *problem = status_text(status, LANGUAGE_ENGLISH, &call->arena);
  status_add_violation(status, &call->arena, path, "%s", problem ? problem : "is wrong");
  return false;
}
