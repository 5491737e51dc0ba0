// The one table of commands, in the order of --help; those of a family stand together.
#include "families.h"

static const char import_text[] =
    "Columns are known by their names in Bahasa Indonesia or English: nomor register, nama (both needed), alias,\n"
    "tanggal lahir, jenis kelamin, blok, pasal, mulai pidana, dua pertiga, ekspirasi. Comma, semicolon or tab; UTF-8.\n"
    "Dates as 2026-03-02 or 02/03/2026, day first. A wrong row is named with its line and column; the others are\n"
    "imported. A second import of the same file changes nothing. Ends with 1 when rows were refused.\n";

const struct command commands[] = {
    {"doctor", "", "Check everything, and say how to mend what is wrong", "  pulih doctor\n  pulih doctor --json\n",
     NULL, NULL, 0, 0, doctor_run},
    {"login", "EMAIL", "Sign in",
     "  pulih login sari@example.org\n  pulih login sari@example.org --password-file password.txt\n", NULL,
     login_options, 1, 1, login_run},
    {"logout", "", "Sign out", "  pulih logout\n", NULL, NULL, 0, 0, logout_run},
    {"whoami", "", "Say who is signed in", "  pulih whoami\n", NULL, NULL, 0, 0, whoami_run},
    {"methods", "[NAME]", "List what can be called, or describe one method",
     "  pulih methods\n  pulih methods enrollment\n  pulih methods HoldEnrollment\n", NULL, methods_options, 0, 1,
     methods_run},
    {"call", "METHOD [JSON | @FILE | -]", "Call a method",
     "  pulih call ListPrisons\n"
     "  pulih call HoldEnrollment '{\"enrollmentId\": \"0195…\", \"reason\": \"COURT\"}'\n"
     "  pulih call ParticipantService/CreateParticipant @person.json\n"
     "  pulih call --lines --in-flight 64 < calls.jsonl\n",
     "METHOD is a full name or its end, in any case, if only one fits. The answer is indented on a terminal.\n",
     call_options, 0, 2, call_run},
    {"bounce", "", "Take a mail that came back undelivered, on stdin", "  pulih bounce < report.eml\n",
     "For a pipe of a mail server: \"pulih-bounce: \\\"|pulih bounce\\\"\" in /etc/aliases, with that address as "
     "PULIH_SMTP_BOUNCES.\n"
     "Recipients' next channels have their turn; mailboxes that don't exist are left alone from then on. What isn't "
     "such a\n"
     "report changes nothing. Ends with 75 when the hub can't be reached, so that the mail server keeps it.\n",
     NULL, 0, 0, bounce_run},
    {"id", "[COUNT]", "Make ids (UUIDv7) for what is to be created", "  pulih id\n  pulih id 10\n", NULL, NULL, 0, 1,
     id_run},
    {"import participants", "FILE.csv --prison CODE", "Take over a prison's register",
     "  pulih import participants register.csv --prison LP-BWI --preview\n"
     "  pulih import participants register.csv --prison LP-BWI\n",
     import_text, import_options, 1, 1, import_participants_run},
    {"user add", "NAME EMAIL", "Add a person who signs in",
     "  pulih user add 'Sari Wulandari' sari@example.org --role counsellor\n"
     "  pulih user add Budi budi@example.org --role officer --prison LP-BWI\n",
     NULL, user_add_options, 2, 2, user_add_run},
    {"user list", "", "List people", "  pulih user list\n  pulih user list --role counsellor\n", NULL,
     user_list_options, 0, 0, user_list_run},
    {"user role", "EMAIL|ID", "Give and take roles", "  pulih user role sari@example.org --grant coordinator\n", NULL,
     user_role_options, 1, 1, user_role_run},
    {"user disable", "EMAIL|ID", "End a person's sign-ins and let them in no more",
     "  pulih user disable sari@example.org --dry-run\n  pulih user disable sari@example.org --yes\n", NULL,
     user_disable_options, 1, 1, user_disable_run},
    {"user password", "EMAIL|ID", "Give a person a one-time password", "  pulih user password sari@example.org\n", NULL,
     user_password_options, 1, 1, user_password_run},
    {"site add", "NAME", "Let a prison's site connect",
     "  pulih site add lp-bwi-2026 --prison LP-BWI\n"
     "  pulih site add lp-bwi-2026 --prison LP-BWI --public-key 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'\n",
     "Prints the public key. The pair is made here unless --public-key gives one that was made at the site, which is\n"
     "better: a secret key that never travels can't be lost on the way.\n",
     site_add_options, 1, 1, site_add_run},
    {"site list", "", "List keys that may connect", "  pulih site list --prison LP-BWI\n", NULL, site_list_options, 0,
     0, site_list_run},
    {"site revoke", "NAME|ID", "End a key at once and for ever",
     "  pulih site revoke lp-bwi-2026 --dry-run\n  pulih site revoke lp-bwi-2026 --yes\n", NULL, site_revoke_options, 1,
     1, site_revoke_run},
    {"site key", "FILE", "Make a key pair: secret into FILE, public to stdout", "  pulih site key site.key\n", NULL,
     NULL, 1, 1, site_key_run},
    {"keys generate", "FOLDER", "Make the keys that a fresh deployment begins with", "  pulih keys generate keys\n",
     NULL, NULL, 1, 1, keys_generate_run},
    {"migrate", "", "Bring the database up to date", "  pulih migrate --dry-run\n  pulih migrate\n",
     "Waits for a database that is starting, and for another run. Applied migrations are printed.\n", migrate_options,
     0, 0, migrate_run},
    {"completion", "bash|zsh|fish", "Print a completion script",
     "  . <(pulih completion bash)\n  pulih completion fish > ~/.config/fish/completions/pulih.fish\n", NULL, NULL, 1,
     1, completion_run},
    {0},
};
