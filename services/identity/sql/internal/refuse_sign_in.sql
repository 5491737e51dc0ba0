-- in: SignInAttempt
-- out: none
select identity.refuse_sign_in(:person_id, :source, :at_code) as refused
