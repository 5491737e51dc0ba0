// Methods by the names that people write.
#pragma once

#include <stdio.h>

#include "command.h"
#include "rpc/method.h"

// A full name, or its end from any "." or "/" on, in any case: "EnrollmentService/HoldEnrollment", "holdenrollment".
// OUTCOME_USAGE when none or several fit, with which ones in `messages`.
enum outcome method_by_name(const struct method_table *table, const char *name, const struct method **ret_method,
                            FILE *messages);
// How many methods fit; the last of them in *ret_method.
size_t method_fitting(const struct method_table *table, const char *name, const struct method **ret_method);
