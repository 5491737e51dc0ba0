// The functions behind the table of commands, and their options; a file for each family.
#pragma once

#include "command.h"

typedef enum outcome command_run(struct invocation *invocation);

extern const struct option call_options[], methods_options[], login_options[], migrate_options[], import_options[],
    user_add_options[], user_list_options[], user_role_options[], user_disable_options[], user_password_options[],
    site_add_options[], site_list_options[], site_revoke_options[];

command_run bounce_run, call_run, id_run, methods_run, login_run, logout_run, whoami_run, migrate_run,
    import_participants_run, user_add_run, user_list_run, user_role_run, user_disable_run, user_password_run,
    site_add_run, site_list_run, site_revoke_run, site_key_run, keys_generate_run, doctor_run, completion_run;
