#include "phone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int phone_international(const char *written, char phone[PHONE_SIZE]) {
  char digits[16] = {0};
  size_t count = 0;
  for (const char *c = written + (*written == '+'); *c; c++) {
    if (strchr(" ().-", *c)) continue;
    if (*c < '0' || *c > '9' || count == sizeof digits - 1) return -EINVAL;
    digits[count++] = *c;
  }
  digits[count] = '\0';
  const char *prefix = "+", *rest = digits;
  if (*written != '+') {
    if (!strncmp(digits, "00", 2)) {
      rest = digits + 2;
    } else if (digits[0] == '0' || digits[0] == '8') {
      prefix = "+62";
      rest = digits + (digits[0] == '0');
    } else if (strncmp(digits, "62", 2) != 0) {
      return -EINVAL;
    }
  }
  if (strlen(prefix) + strlen(rest) > PHONE_SIZE - 1 || strlen(rest) < 6 || *rest == '0') return -EINVAL;
  snprintf(phone, PHONE_SIZE, "%s%s", prefix, rest);
  return 0;
}
