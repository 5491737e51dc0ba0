-- A contact of somebody who isn't there is refused as a case of them is: by the name that has the words.
-- locks: nobody uses the name of a foreign key; it only stands in what it refuses
alter table enrollment.aftercare_contact rename constraint aftercare_contact_of_participant to enrollment_of_participant;
