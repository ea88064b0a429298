"""What tests share: runners, judges, generators of rules, and fakes of the search."""
