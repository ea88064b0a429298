"""What a paper and a reader need: tables and data sheets."""
