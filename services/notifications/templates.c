#include "templates.h"

#include <jansson.h>

#include "base/log.h"
#include "db/db.h"
#include "notifications_internal.pb-c.h"
#include "notifications_methods.h"
#include "template.h"

enum { CHECK_TIMEOUT_MS = 30000, CHECK_ARENA_BYTES = 8 * 1024 * 1024 };

typedef Pulih__Notifications__Internal__V1__TemplateToCheck TemplateToCheck;

static bool check(const TemplateToCheck *template, const char *what, const char *text, const json_t *example) {
  struct template_problem problem;
  if (template_check(text, example, &problem) == TEMPLATE_OK) return true;
  LOG(ERROR, "TEMPLATE_WRONG", log_text("template", template->key), log_text("language", template->language),
      log_text("part", what), log_number("offset", (int64_t)problem.offset), log_text("name", problem.name),
      log_text("problem", template_error_text(problem.error)));
  return false;
}

static void templates_read(struct service_query *query, struct db_result *result, const struct status *status) {
  struct templates *templates = query->owner;
  bool fine = result != NULL;
  if (!result) LOG(WARNING, "TEMPLATES_NOT_READ", log_text("reason", reason_info(status->reason)->name));
  for (size_t i = 0; result && i < db_result_rows(result); i++) {
    const TemplateToCheck *template = (const TemplateToCheck *)db_result_row(result, i, &templates->arena);
    json_t *example = template ? json_loads(template->example, 0, NULL) : NULL;
    fine = fine && example && check(template, "subject", template->subject, example) &&
           check(template, "body", template->body, example);
    json_decref(example);
  }
  arena_finish(&templates->arena);
  templates->checked(templates->owner, fine);
}

void templates_check(struct templates *templates, struct service *service, void (*checked)(void *owner, bool fine),
                     void *owner) {
  *templates = (struct templates){.service = service, .checked = checked, .owner = owner};
  arena_init(&templates->arena, CHECK_ARENA_BYTES);
  templates->query = (struct service_query){.statement = &notifications_templates_to_check_statement,
                                            .arena = &templates->arena,
                                            .timeout_ms = CHECK_TIMEOUT_MS,
                                            .done = templates_read,
                                            .owner = templates};
  service_query_run(service, &templates->query);
}
