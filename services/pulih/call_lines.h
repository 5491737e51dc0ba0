// Many calls from stdin, several in flight, for scripts.
#pragma once

#include "command.h"

// Each line is {"method": "HoldEnrollment", "request": {…}}. Each answer is a line too, in the same order,
// {"line": 3, "response": {…}} or {"line": 3, "error": {…}}. Ends with OUTCOME_OK, or with what the first call that
// failed would have ended with.
enum outcome call_lines(struct invocation *invocation, size_t in_flight);
