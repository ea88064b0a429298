"""What a paper and a reader need of optimizers: tables, data sheets, figures."""
