// The methods that a service serves, as the generator writes them from proto/ and sql/.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct db_statement;

// Takes the call; must end it, now or later, with exactly one call_reply() or call_fail().
typedef void method_handler(struct call *call);

struct method {
  const char *name;  // "pulih.enrollment.v1.EnrollmentService/HoldEnrollment"
  const ProtobufCMessageDescriptor *input, *output;
  uint32_t roles;                        // bit 1 << Pulih__Role
  bool anyone;                           // no sign-in needed
  bool changes_access;                   // success makes the hub read keys and sign-ins afresh
  bool read_only;                        // NO_SIDE_EFFECTS
  const struct db_statement *statement;  // or NULL when `handle` does it
  method_handler *handle;
};

// Sorted by name, so that both the hub and a service find one by binary search.
struct method_table {
  const struct method *methods;
  size_t count;
};

const struct method *method_find(const struct method_table *table, const char *name);
