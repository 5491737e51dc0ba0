-- The roster comes with the day's call sheet as a PDF; the one notice that holds participants' names, and so for the prison's
-- own officers alone (sql/internal/call_sheet.sql judges). The rule can leave it out.
alter table notifications.rule add column attach_call_sheet boolean not null default false;
alter table notifications.rule disable trigger change_rule;
update notifications.rule set attach_call_sheet = true where occasion = 'DAY_ROSTER';
alter table notifications.rule enable trigger change_rule;
alter table notifications.rule add constraint rule_attaches_call_sheet_to_roster
    check (not attach_call_sheet or occasion = 'DAY_ROSTER');
grant update (attach_call_sheet) on notifications.rule to pulih_notifications;

-- Its words say where the names are.
with word (language, before, after) as (values
    ('id', 'pada lembar panggil yang dicetak.', 'pada lembar panggil, yang terlampir bagi petugas lapas.'),
    ('en', 'on the printed call sheet.', 'on the call sheet, which is attached for the prison''s officers.')
), changed as (
    update notifications.template t
    set body = replace(t.body, w.before, w.after)
    from word w
    where t.key = 'DAY_ROSTER' and t.language = w.language
)
update notifications.template_version v
set indonesian_body = replace(v.indonesian_body, i.before, i.after), english_body = replace(v.english_body, e.before, e.after)
from word i, word e
where v.key = 'DAY_ROSTER' and v.version = 1 and i.language = 'id' and e.language = 'en';
