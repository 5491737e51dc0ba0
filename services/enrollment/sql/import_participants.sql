select line, outcome, participant_id, problems, possible_duplicates
from enrollment.import_participants(:prison_id, :preview, :rows)
