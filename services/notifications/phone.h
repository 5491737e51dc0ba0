// A telephone number as it was written down, in the international form of E.164: "0812-3456-7890" is "+6281234567890".
// Pure.
#pragma once

enum { PHONE_SIZE = 17 };  // + and at most 15 digits

// A number without a country's prefix is one of Indonesia's. -EINVAL when it isn't a number.
int phone_international(const char *written, char phone[PHONE_SIZE]);
