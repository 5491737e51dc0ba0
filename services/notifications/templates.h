// The templates in the database against their occasions' fields, before anything is sent.
#pragma once

#include "base/arena.h"
#include "service/service.h"

struct templates {
  struct service *service;
  struct service_query query;
  struct arena arena;
  // `fine` is false when the database didn't answer or a template is wrong; which, is in the log.
  void (*checked)(void *owner, bool fine);
  void *owner;
};

void templates_check(struct templates *templates, struct service *service, void (*checked)(void *owner, bool fine),
                     void *owner);
