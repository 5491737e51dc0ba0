-- The roster comes with the day's call sheet as a PDF; the one notice that holds participants' names, and so for the prison's
-- own officers alone (sql/internal/call_sheet.sql judges). The rule can leave it out.
alter table notifications.rule add column attach_call_sheet boolean not null default false;
alter table notifications.rule disable trigger change_rule;
update notifications.rule set attach_call_sheet = true where occasion = 'DAY_ROSTER';
alter table notifications.rule enable trigger change_rule;
alter table notifications.rule add constraint rule_attaches_call_sheet_to_roster
    check (not attach_call_sheet or occasion = 'DAY_ROSTER');
grant update (attach_call_sheet) on notifications.rule to pulih_notifications;
