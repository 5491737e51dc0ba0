// What stands around a notice's words in a mail: as plain text a signature, as HTML one quiet page that a phone shows
// at a glance, by day and in the dark. No images, nothing that calls home. Pure.
#pragma once

struct mail;

// To be freed. Never NULL.
char *frame_text(const struct mail *mail);
char *frame_html(const struct mail *mail);
