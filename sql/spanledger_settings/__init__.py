"""What every room builds on: settings, tenant rules, periods, number formats, and errors that a user can mend."""
