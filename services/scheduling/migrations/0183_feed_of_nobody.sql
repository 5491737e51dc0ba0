-- A link that is to be nobody's passes the policies, so that calendar_feed_is_of_one can say what is missing.
create policy calendar_feed_of_nobody on scheduling.calendar_feed using (counsellor_id is null and prison_id is null);
