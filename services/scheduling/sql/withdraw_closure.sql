select restored_count, kept_count
from scheduling.withdraw_closure(:closure_id)
