"""What people read of optimizers: data sheets, which say what is proved of a rule and what was measured."""
