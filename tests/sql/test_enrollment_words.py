"""Every rule of enrollment's that a request can break has its reason and its words."""

import re

from enrollment_world import World
from postgres import ROOT

# Broken only by a fault of ours: between tables that no request writes, or of columns that triggers keep.
OURS = {
    "agreement_in_force_key", "agreement_of_prison", "agreement_programme_of_agreement", "agreement_renews_one_of_its_prison",
    "allowed_move_from_status", "allowed_move_to_status", "cohort_of_prison", "consent_participant_exists", "consent_text_has_purpose",
    "enrollment_begins_referred", "enrollment_counsellor_exists", "enrollment_move_of_case", "enrollment_route_is_known",
    "enrollment_seat_has_agreement", "enrollment_under_agreement", "foundation_singleton_true", "move_reason_for_reason",
    "move_reason_for_status", "move_reason_has_category", "referral_document_kind_is_known", "referral_document_of_participant",
    "programme_component_of_edition", "programme_edition_of_programme",
    "screening_band_is_known", "screening_of_case", "screening_route_is_known", "screening_score_of_screening",
}


def test_every_rule_that_a_request_can_break_has_its_words(postgres, database):
    world = World(postgres, database)
    rules = {name for name, in world.as_root("""
        select conname::text from pg_constraint
        where connamespace = 'enrollment'::regnamespace and contype in ('c', 'u', 'f', 'x')
        union
        select relname::text from pg_index join pg_class on oid = indexrelid
        where indisunique and not indisprimary and relnamespace = 'enrollment'::regnamespace""")}
    for path in (ROOT / "services/enrollment/migrations").glob("*.sql"):
        for match in re.finditer(r"(?:constraint =|broken :=) '(\w+)'", path.read_text()):
            rules.add(match[1])
    worded = set(re.findall(r'"(\w+)"', (ROOT / "common/base/errors.def").read_text()))
    assert sorted(rules - worded) == sorted(OURS)
