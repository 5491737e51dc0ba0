update enrollment.foundation
set name = :name, version = :version
returning name, version
