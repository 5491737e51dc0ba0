// Before something is destroyed.
#pragma once

#include "command.h"

// Asks at the terminal; "yes" is yes. OUTCOME_OK to go on. Without a terminal, OUTCOME_USAGE: --yes says it beforehand.
enum outcome confirm(const struct invocation *invocation, const char *question);
